"""Is every verdict right?  Solutions pass, starters fail helpfully, wrong programs fail at
the check and with the hint that are meant for them, unusual ones pass."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from again import Regrader
from grading import KIT, entries, grade, header, submission

LESSONS = sorted(p.name for p in (KIT / "lessons").iterdir()
                 if p.name.isdigit() and any(p.glob("test_*.py")))
HASHES = Path(__file__).with_name("starters.sha256")


def programs(kind: str) -> list:
    """The programs of tests/wrong or tests/unusual, as pytest parameters."""
    return [pytest.param(p, id=f"{p.parent.name}-{p.stem}")
            for lesson in LESSONS for p in entries(kind, lesson)]


def checks(lesson: str) -> dict[str, tuple[str, str]]:
    """The checks of a lesson in order: name -> (title, "core" or "more")."""
    file = next((KIT / "lessons" / lesson).glob("test_*.py"))
    found = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = [ast.unparse(d) for d in node.decorator_list]
            level = "core" if "core" in marks else "more"
            found[node.name] = ((ast.get_docstring(node) or "").split("\n")[0], level)
    return found


def starters(lesson: str) -> list[Path]:
    """The files of a lesson that a student edits."""
    folder = KIT / "lessons" / lesson
    return sorted(p for files in ("*.py", "protocol.toml", "transcripts/*.txt")
                  for p in folder.glob(files) if not p.name.startswith(("test_", "given_"))
                  and (KIT / "solutions" / lesson / p.relative_to(folder)).exists())


def recorded() -> dict[str, str]:
    lines = HASHES.read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def digest(path: Path) -> str:
    # with \n for line ends, as git stores it: Windows checks out \r\n
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def committed(name: str) -> bool:
    """Is this file as git has it?  Then it was not a student who has edited it."""
    try:
        run = subprocess.run(["git", "status", "--porcelain", "--", name], cwd=KIT,
                             capture_output=True)
    except OSError:
        return False  # there is no git
    return run.returncode == 0 and not run.stdout


@pytest.fixture(scope="module")
def regrader() -> Iterator[Regrader]:
    """One pytest process for all programs: to start one for each would take longest."""
    regrader = Regrader()
    yield regrader
    regrader.close()


@pytest.fixture
def untouched(request: pytest.FixtureRequest) -> str:
    """A lesson whose starters are as they came; skips one that a student has edited."""
    lesson: str = request.param
    known = recorded()
    for path in starters(lesson):
        name = path.relative_to(KIT).as_posix()
        if known.get(name) != digest(path):
            assert not committed(name), f"{name} has changed: note it in {HASHES.name}"
            pytest.skip(f"{name} has been edited")
    return lesson


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solution_passes(lesson: str, tmp_path: Path) -> None:
    graded = grade(lesson, None, tmp_path / "r.xml", "--solutions")
    assert graded.status == 0 and not graded.failed, graded.output
    assert [r.name for r in graded.results] == list(checks(lesson))


@pytest.mark.parametrize("untouched", LESSONS, indirect=True)
def test_the_starter_fails_helpfully(untouched: str, tmp_path: Path) -> None:
    lesson = untouched
    graded = grade(lesson, None, tmp_path / "r.xml", "-v")
    assert graded.status == 1, graded.output
    for result in graded.failed:
        assert result.kind, f"the kit failed:\n{result.text}"
        assert result.kind not in ("missing", "syntax", "shadow"), result.text
        assert "Hint:" in result.text, f"{result.name} ({result.kind}) has no hint"
    if lesson != "00":  # there the first checks say that the machine is fine
        passed = [r for r in graded.results if r.outcome == "passed"]
        assert not passed, f"a starter passes {passed[0].name}"


@pytest.mark.parametrize("program", programs("wrong"))
def test_a_wrong_program_fails_where_it_should(program: Path, tmp_path: Path,
                                               regrader: Regrader) -> None:
    lesson = program.parent.name
    facts = header(program)
    if sys.platform in facts.get("not on", ""):
        pytest.skip("it can do no harm on this system, or none that a check could show")
    work = submission(lesson, program, tmp_path / "work")
    graded = regrader.grade(lesson, work, "-x")
    assert graded.status == 1, graded.output
    first = graded.failed[0]
    assert (first.name, first.kind) == (facts["caught by"], facts["fails as"]), first.text
    hint = " ".join(first.text.partition("Hint:")[2].split())
    assert hint and facts.get("hint says", "") in hint, first.text


@pytest.mark.parametrize("program", programs("unusual"))
def test_an_unusual_program_passes(program: Path, tmp_path: Path,
                                   regrader: Regrader) -> None:
    if sys.platform in header(program).get("not on", ""):
        pytest.skip("no such style on this system")
    lesson = program.parent.name
    work = submission(lesson, program, tmp_path / "work")
    graded = regrader.grade(lesson, work)
    assert graded.status == 0 and graded.results and not graded.failed, graded.output


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_hints_fit_the_checks(lesson: str) -> None:
    text = (KIT / "lessons" / lesson / "hints.toml").read_text(encoding="utf-8")
    hints = tomllib.loads(text)
    assert hints["lesson"]["title"] and hints["lesson"]["done"]
    assert set(hints) - {"lesson"} == set(checks(lesson))
    for name in checks(lesson):
        for level in ("question", "concept", "sketch"):
            assert hints[name].get(level), f"{name} has no {level}"


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_handout_lists_the_checks(lesson: str) -> None:
    text = (KIT / "lessons" / lesson / "README.md").read_text(encoding="utf-8")
    text = text.replace("`", "")  # \n would not be seen on the site if it were no code
    bullets = [" ".join(b.split()) for b in re.findall(r"^- (.*(?:\n  .*)*)", text, re.M)]
    titles = [title.replace("`", "") for title, _ in checks(lesson).values()]
    assert [b for b in bullets if b in titles] == titles


@pytest.mark.parametrize("lesson", LESSONS)
def test_core_comes_first_and_is_small(lesson: str) -> None:
    levels = [level for _, level in checks(lesson).values()]
    assert levels == sorted(levels), "core checks come first"
    assert 4 <= levels.count("core") <= 5 and 6 <= len(levels) <= 12


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_part_is_there(lesson: str) -> None:
    title = (KIT / "lessons" / lesson / "README.md").read_text(encoding="utf-8").split("\n")[0]
    assert title.startswith(f"# {lesson} ")
    assert (KIT / "solutions" / lesson / "TEACHING.md").exists()
    assert len(list((KIT / "notebooks").glob(f"{lesson}-*.ipynb"))) == 1
    assert len(entries("wrong", lesson)) >= 6 or lesson == "00"
    assert len(entries("unusual", lesson)) >= 4
    for path in starters(lesson):
        assert "TODO" in path.read_text(encoding="utf-8"), path


def test_the_recorded_starters_are_all_there_are() -> None:
    """Record them again with: python tests/test_lessons.py"""
    names = {p.relative_to(KIT).as_posix() for lesson in LESSONS for p in starters(lesson)}
    assert set(recorded()) == names


if __name__ == "__main__":
    paths = [p for lesson in LESSONS for p in starters(lesson)]
    HASHES.write_text("".join(f"{digest(p)}  {p.relative_to(KIT).as_posix()}\n" for p in paths),
                      encoding="utf-8", newline="\n")
