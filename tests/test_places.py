"""The kit in odd places: another folder, another user, another locale, nothing writable."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from benching import Bench
from grading import KIT, run_pytest
from socklab.submission import SHADOWED

pytest_plugins = ["benching"]

LATIN_1 = "de_CH.ISO-8859-1"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader needs of the kit, in "Jürgs Kurs", the folder of a user called Jürg."""
    kit = tmp_path_factory.mktemp("home") / "Jürg Müller" / "Jürgs Kurs"
    kit.mkdir(parents=True)
    shutil.copy(KIT / "pyproject.toml", kit)
    for part in ("lessons", "solutions"):
        shutil.copytree(KIT / part, kit / part, ignore=shutil.ignore_patterns("__pycache__"))
    return kit


def has_locale(name: str) -> bool:
    code = f"import locale; locale.setlocale(locale.LC_ALL, {name!r})"
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize("locale", ["C", LATIN_1])
@pytest.mark.parametrize("lesson", ["00", "01", "02"])
def test_another_folder_user_and_locale(lesson: str, locale: str, copy: Path) -> None:
    if sys.platform == "win32" or not has_locale(locale):
        pytest.skip(f"there is no locale {locale} here")
    settings = {"HOME": str(copy.parent), "LC_ALL": locale, "PYTHONUTF8": "0",
                "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    encoding = "latin-1" if locale == LATIN_1 else "ascii"
    run = run_pytest(f"lessons/{lesson}", "--solutions", folder=copy, encoding=encoding,
                     environment=settings)
    assert run.status == 0 and "All done." in run.output, run.output


@pytest.mark.parametrize(("folder", "arguments"), [
    ("lessons", ["00"]), ("lessons/00", []), ("lessons/00", ["."]),
    ("solutions", ["../lessons/00"]),
], ids=str)
def test_from_any_folder_inside(folder: str, arguments: list[str], copy: Path) -> None:
    run = run_pytest(*arguments, "--solutions", folder=copy / folder)
    assert run.status == 0 and "core 5 of 5" in run.output, run.output


def test_through_another_name_of_the_folder(copy: Path, tmp_path: Path) -> None:
    try:
        (tmp_path / "link").symlink_to(copy, target_is_directory=True)
    except OSError:
        pytest.skip("no link can be made here")
    run = run_pytest(str(tmp_path / "link" / "lessons" / "00"), "--solutions", folder=copy)
    assert run.status == 0 and "core 5 of 5" in run.output, run.output


def test_the_next_command_fits_the_folder(copy: Path) -> None:
    """What the report tells the reader to type works where she is."""
    for folder, argument, command in [(".", "lessons/01", "pytest lessons/01 --hints 2"),
                                      ("lessons", "01", "pytest 01 --hints 2"),
                                      ("lessons/01", ".", "pytest --hints 2")]:
        run = run_pytest(argument, "-x", folder=copy / folder)
        assert run.status == 1 and f"python -m {command}" in run.output, run.output


def test_a_folder_that_cannot_be_written(copy: Path, tmp_path: Path) -> None:
    if sys.platform == "win32" or os.geteuid() == 0:
        pytest.skip("whoever runs this may write everywhere")
    kit = tmp_path / "kit"
    shutil.copytree(copy, kit)
    paths = [kit, *kit.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        run = run_pytest("lessons/00", "--solutions", folder=kit, cache=kit / "cache")
    finally:
        for path in paths:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
    assert run.status == 0 and "All done." in run.output, run.output
    assert "Traceback" not in run.output


def test_installed_packages_can_be_used(tmp_path: Path) -> None:
    """A program may import what is installed, though the bench starts it without `site`."""
    shutil.copytree(KIT / "solutions" / "00", tmp_path / "work")
    file = tmp_path / "work" / "hello.py"
    text = file.read_text(encoding="utf-8")
    first = text.index("import ")
    file.write_text(text[:first] + "import pluggy\n" + text[first:], encoding="utf-8")
    run = run_pytest("lessons/00", "--work", tmp_path / "work")
    assert run.status == 0, run.output


def test_the_names_that_are_shadowed(bench: Bench) -> None:
    """What the bench has loaded before a program starts, and Python itself would not have.

    A file of such a name beside the program would be found first; so the bench, which
    does not look for it any more, must tell it.
    """
    loaded = "import sys\nprint(*sys.modules)"
    under_the_bench = set(bench.output(loaded).split())
    at_the_start = subprocess.run([sys.executable, "-S", "-c", f"import site\n{loaded}"],
                                  capture_output=True, text=True).stdout.split()
    hidden = {name for name in under_the_bench - set(at_the_start)
              - set(sys.builtin_module_names)
              if not name.startswith(("_", "socklab")) and "." not in name}
    assert hidden - SHADOWED == set()


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such signal")
def test_where_ctrl_c_is_ignored() -> None:
    """With nohup, or with & in a script, all that is started ignores it: but not a program."""
    code = ("import signal, subprocess, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
            "sys.exit(subprocess.call([sys.executable, '-m', 'pytest', *sys.argv[1:]]))")
    run = subprocess.run([sys.executable, "-c", code, "lessons/07", "--solutions", "-q",
                          "-p", "no:cacheprovider"], cwd=KIT, capture_output=True, text=True)
    assert run.returncode == 0 and "All done." in run.stdout, run.stdout
