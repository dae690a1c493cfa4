"""The pytest plugin: options, the `lab` fixture, and the report for lessons.

Only runs that grade lessons are changed; a run of other tests sees nothing of it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from . import evidence
from .failure import Failure
from .hints import hints_for
from .hub import Hub
from .lesson import SEED, Lab
from .report import FAILED, NOT_RUN, PASSED, Line, Report
from .submission import KIT, LESSONS, NotASubmission, Submission, choose, short

NEEDED = (8, 4)
HAS_FAILED = pytest.StashKey[bool]()
KIT_FAILED = (
    "The kit failed here, not your program. Please run it again; if it happens again,\n"
    "tell your teacher and show this text.\n\n"
)
BROKEN = "These checks cannot be read. That is not the fault of your program."


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add our options; for lessons, start the bench while pytest loads other plugins."""
    group = parser.getgroup("sockets, step by step")
    group.addoption("--solutions", action="store_true",
                    help="grade the folder solutions/NN instead of lessons/NN")
    group.addoption("--work", metavar="DIR",
                    help="grade the files in this folder (or in its subfolder NN)")
    group.addoption("--core", action="store_true", help="run the core checks alone")
    group.addoption("--hints", type=int, choices=(0, 1, 2, 3), default=1, metavar="N",
                    help="how many hints a failure shows: 0 to 3 (1 if not given)")
    group.addoption("--seed", type=int, default=SEED, metavar="N",
                    help=f"the seed of checks with random payloads ({SEED} if not given)")
    config: Any = pluginmanager.getplugin("pytestconfig")
    if _seems_to_grade(config.invocation_params):
        _early.append(Hub())
        _early[0].start()


_early: list[Hub] = []


def _seems_to_grade(typed: pytest.Config.InvocationParams) -> bool:
    """Does the command line look so?  Its options are not known yet."""
    words = [str(word) for word in typed.args]
    if any(word.startswith(("-n", "--num", "-h", "--help", "--co")) for word in words):
        return False
    return any(_is_lesson_path((typed.dir / word.split("::")[0]).resolve()) for word in words
               if not word.startswith("-"))


def pytest_configure(config: pytest.Config) -> None:
    """Look at what is to be run; for lessons, start the bench."""
    version = tuple(int(n) for n in pytest.__version__.split(".")[:2])
    if version < NEEDED:
        raise pytest.UsageError(
            f"pytest {pytest.__version__} is too old for this kit. Get a newer one with: "
            "python -m pip install -r requirements.txt")
    for mark in ("core: what everyone reaches in one double lesson",
                 "more: for those who go on"):
        config.addinivalue_line("markers", mark)
    paths = _paths(config)
    if any(_is_lesson_path(path) or path in LESSONS.parents for path in paths):
        _expect_submission(config)
        alone = all(_is_lesson_path(path) for path in paths)
        config.pluginmanager.register(Grader(config, alone), "socklab-grader")
    while _early:  # in vain
        _early.pop().close()


def _expect_submission(config: pytest.Config) -> None:
    """UsageError if --work names no folder, before pytest-xdist starts its workers."""
    try:
        choose("", work=config.getoption("--work"))
    except NotASubmission as error:
        raise pytest.UsageError(str(error)) from None


def _paths(config: pytest.Config) -> list[Path]:
    """What this run shall look at."""
    if config.option.help or config.option.version:
        return []
    return [(config.invocation_params.dir / arg.split("::")[0]).resolve()
            for arg in config.args]


def _is_lesson_path(path: Path) -> bool:
    if path == LESSONS:
        return True
    if path == LESSONS.parent and not (path / "tests").exists():
        return True  # the student's edition: there is nothing but lessons
    return LESSONS in path.parents and path.relative_to(LESSONS).parts[0].isdigit()


def _is_check(item: pytest.Item) -> bool:
    """Does it belong to a lesson?  An editor may run the kit's own tests beside it."""
    return _is_lesson_path(item.path.resolve())  # LESSONS is resolved, too


def _name(item: pytest.Item) -> str:
    """The function's name, without what a plugin that repeats tests adds to it."""
    return getattr(item, "originalname", None) or item.name


def _place(item: pytest.Item) -> tuple[str, int]:
    return str(item.path), item.location[1] or 0


def _some_are_missing(checks: list[pytest.Item]) -> bool:
    """Did an id on the command line, or --lf, leave out checks before they were collected?"""
    there: dict[Any, set[str]] = {}
    for item in checks:
        there.setdefault(item.getparent(pytest.Module), set()).add(_name(item))
    return any(name.startswith("test_") and name not in names
               for module, names in there.items() for name in vars(module.obj))


def _facts(item: pytest.Item) -> dict[str, Any]:
    """What the report needs to know of a check."""
    name = _name(item).removeprefix("test_").replace("_", " ")  # python -OO has no docstrings
    doc = getattr(getattr(item, "obj", None), "__doc__", None) or name
    return {"lesson": item.path.parent.name, "name": item.name,
            "title": " ".join(doc.strip().splitlines()[0].split()),
            "core": item.get_closest_marker("core") is not None}


class Grader:
    """The bench in one pytest process.

    alone: nothing but lessons is run, so our report takes the place of pytest's own.
    """

    def __init__(self, config: pytest.Config, alone: bool) -> None:
        self.config, self.alone = config, alone
        self.hub: Hub | None = None
        self.report: Report | None = None
        self.left = 0  # checks that are still to come
        self.partial = False  # some were deselected
        self.places: dict[str, int] = {}  # the order of the checks
        self.broken: list[str] = []  # why files with checks could not be read
        worker = hasattr(config, "workerinput")
        conducts = bool(getattr(config.option, "numprocesses", None)) and not worker
        if alone and not worker:
            self._quiet()
            if gc.get_freeze_count():  # an earlier run in this process
                gc.unfreeze()
                gc.collect()
            gc.disable()  # until all is loaded
        if alone and not config.option.collectonly and not conducts:
            self.hub = _early.pop() if _early else Hub()
            self.hub.start()

    def _quiet(self) -> None:
        """Leave out pytest's own account of failures: the report gives a better one."""
        option = self.config.option
        option.tbstyle, option.reportchars, option.no_header = "no", "", True

    # -- collection ------------------------------------------------------------------------

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        path = collection_path.resolve()
        inside = LESSONS in path.parents
        if inside and not path.relative_to(LESSONS).parts[0].isdigit():
            return True  # the bench itself holds no checks
        return None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config,
                                      items: list[pytest.Item]) -> None:
        checks = [item for item in items if _is_check(item)]
        self.partial = self.partial or _some_are_missing(checks)
        if config.getoption("--core"):
            others = [i for i in checks if not i.get_closest_marker("core")]
            before = self.partial
            config.hook.pytest_deselected(items=others)
            self.partial = before
            items[:] = [i for i in items if i not in others]
        try:
            for lesson in sorted({_facts(i)["lesson"] for i in items if _is_check(i)}):
                self._submission(lesson)
        except NotASubmission as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(report.longreprtext)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self.partial = self.partial or bool(items)

    def _submission(self, lesson: str) -> Submission:
        option = self.config.option
        if option.solutions and option.work:
            raise NotASubmission("Give --solutions or --work, not both.")
        return choose(lesson, solutions=option.solutions, work=option.work)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        gc.freeze()  # what is loaded now stays, and is looked at no more
        gc.enable()
        if self.alone:
            session.items.sort(key=_place)  # --ff and pytest-randomly have another order
        checks = [item for item in session.items if _is_check(item)]
        self.left = len(checks)
        self.places = {item.nodeid: number for number, item in enumerate(checks)}
        if hasattr(self.config, "workerinput") or not (checks and self.alone):
            return
        self._make_report()
        assert self.report is not None
        for item in checks:
            self.report.plan(item.nodeid, Line(**_facts(item)))

    def _make_report(self) -> None:
        terminal: Any = self.config.pluginmanager.getplugin("terminalreporter")
        option = self.config.option
        graded = ""
        if option.work:
            graded = short(Path(option.work).expanduser())
        elif option.solutions:
            graded = "solutions"
        self.report = Report(terminal._tw if terminal else None, graded, self._command,
                             option.verbose, option.core, partial=self.partial)
        if terminal is not None and option.verbose <= 0:
            terminal.showfspath = False

    def _command(self, lesson: str) -> str:
        """How to run one lesson's checks again, from where this run was started."""
        here, option = self.config.invocation_params.dir, self.config.option
        try:
            path = os.path.relpath(LESSONS / lesson, here).replace(os.sep, "/")
        except ValueError:  # on another drive of Windows
            path = str(LESSONS / lesson)
        work = f'"{option.work}"' if " " in str(option.work) else option.work
        words = ["python -m pytest", "" if path == "." else path,
                 f"--work={work}" if option.work else "",
                 "--solutions" if option.solutions else ""]
        return " ".join(word for word in words if word)

    # -- running ---------------------------------------------------------------------------

    @pytest.fixture
    def lab(self, request: pytest.FixtureRequest) -> Iterator[Lab]:
        """The bench for one check."""
        if self.hub is None:
            self.hub = Hub()
        lesson = request.node.path.parent.name
        bench = Lab(self.hub, self._submission(lesson), self.left - 1,
                    self.config.getoption("--seed"))
        request.node.socklab = bench
        yield bench
        request.node.socklab = None
        # how many is not said: a check may run the program more than once
        if bench.close() and not request.node.stash.get(HAS_FAILED, False):
            raise Failure("processes", "Your program has ended, but a process that it started "
                                       "still runs.")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item,
                                  call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        if not _is_check(item):
            return report
        facts = _facts(item)
        data: dict[str, Any] = {**facts, "outcome": NOT_RUN, "phase": call.when,
                                "place": self.places.get(item.nodeid, 0),
                                "partial": self.partial}
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, Failure):
            lab = getattr(item, "socklab", None)
            at = error.crash.line if error.crash else ""
            if lab is not None:
                lab.complete(error)
            report.longrepr = self._words(item, error)
            item.stash[HAS_FAILED] = True
            for properties in (item.user_properties, report.user_properties):
                properties.append(("kind", error.kind))  # for --junitxml, at teardown too
            data.update(outcome=FAILED, text=report.longrepr, kind=error.kind,
                        reason=f"{error.kind} {error.what} {error.raised} {at}")
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            data.update(outcome=NOT_RUN, skipped=reason.removeprefix("Skipped: "))
        elif report.failed:
            assert call.excinfo is not None
            found: Any = call.excinfo.getrepr(style="short")
            if isinstance(error, pytest.FixtureLookupError):  # pytest has words for it
                found = error.formatrepr()
            report.longrepr = KIT_FAILED + str(found)
            data.update(outcome=FAILED, text=report.longrepr, kit=True,
                        reason=f"kit {item.name}")
        elif call.when == "call":
            data.update(outcome=PASSED)
        report.socklab = data
        if call.when == "teardown":
            self.left -= 1
        return report

    def _words(self, item: pytest.Item, failure: Failure) -> str:
        """The whole text of a failure: evidence, then hints."""
        folder = item.path.parent
        text = evidence.explain(failure)
        if failure.seed is not None:
            again = f"{self._command(folder.name)} --seed {failure.seed}"
            text += "\n\n" + evidence.wrap(f"What was sent follows from the seed "
                                           f"{failure.seed}. The same again: {again}")
        texts = hints_for(folder, _name(item), failure.kind, failure.raised)
        wanted = self.config.getoption("--hints")
        for number, hint in enumerate(texts[:wanted], 1):
            label = "Hint" if number == 1 else f"Hint {number}"
            if "\n" in hint:  # a sketch: its lines stay as they are
                text += f"\n\n{label}:\n  " + "\n  ".join(hint.splitlines())
            else:
                text += "\n\n" + evidence.wrap(f"{label}: {hint}").replace("\n", "\n  ")
        if 0 < wanted < len(texts):
            command = f"{self._command(folder.name)} --hints {wanted + 1}"
            text += "\n\n" + evidence.wrap(f"(Another hint: {command})")
        return text

    # -- reporting -------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        data = getattr(report, "socklab", None)
        if data is None or not self.alone or self.config.option.verbose > 0:
            return None
        if report.when != "call" and data["outcome"] == FAILED:
            return "failed", "", ""  # no ground to stand on: the check has failed
        if report.when == "call" or report.skipped:
            return report.outcome, "", ""
        return None

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        data = getattr(report, "socklab", None)
        if data is None or not self.alone or hasattr(self.config, "workerinput"):
            return
        if self.report is None:  # the conductor of pytest-xdist collects nothing itself
            self._make_report()
            assert self.report is not None
            self.report.live = False
        self.report.partial = self.report.partial or data["partial"]
        if data["outcome"] != NOT_RUN or data.get("skipped"):
            self.report.result(report.nodeid, data)

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        if self.alone and self.broken:  # pytest has been told to be quiet
            terminalreporter.write_line("\n\n".join([BROKEN, *self.broken]))
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and not self.partial:
            self._say_where_checks_are(terminalreporter)
        misused = exitstatus == pytest.ExitCode.USAGE_ERROR  # pytest says how
        if self.report is not None and self.report.lines and not misused:
            self.report.finish()

    def _say_where_checks_are(self, terminal: Any) -> None:
        """The path was that of a program, say: where are its checks?"""
        for path in _paths(self.config):
            if path.parent.parent == LESSONS and path.is_file():
                terminal.write_line(f"There are no checks in {path.name}. The checks of this "
                                    f"lesson: {self._command(path.parent.name)}")

    def pytest_unconfigure(self) -> None:
        if self.hub is not None:
            self.hub.close()


__all__ = ["KIT", "Grader"]
