"""The kit's own code: style, types on three systems, small, in one direction, documented."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib.util import find_spec, resolve_name
from pathlib import Path

import pytest
from grading import KIT
from test_lessons import LESSONS, digest, recorded, starters

BENCH = KIT / "lessons" / "socklab"
MODULES = sorted(BENCH.rglob("*.py"))
TOOLS = {"socklab.__main__", "socklab.watch", "socklab.talk", "socklab.doctor",
         "socklab.notebook", "socklab.diagram"}
# So many lines of code may each part have: a part that grows is looked at.
MOST_LINES = {"grader": 3445, "tap": 3080, "tools": 950, "design": 1665}
# What pip, git, editors and the notebooks make; not a part of the kit.
MADE = {".git", ".venv", "venv", "work", "wheels", "__pycache__", "_site", "_site-teacher",
        ".quarto", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".ipynb_checkpoints",
        ".hypothesis"}


def run(*command: str) -> str:
    """Run a tool of this Python on the kit; return what it says if it finds something."""
    tool = command[0]
    if find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed: pip install -r tests/requirements.txt")
    done = subprocess.run([sys.executable, "-m", *command], cwd=KIT, capture_output=True,
                          text=True, encoding="utf-8", stdin=subprocess.DEVNULL)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def name_of(path: Path) -> str:
    """socklab.tap.clock, for .../lessons/socklab/tap/clock.py."""
    parts = path.relative_to(BENCH.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# -- style and types -------------------------------------------------------------------------


def test_ruff_finds_nothing() -> None:
    """Wrong programs are exempt (in pyproject.toml), and starters that somebody has edited."""
    known = recorded()
    edited = [name for lesson in LESSONS for path in starters(lesson)
              if known.get(name := path.relative_to(KIT).as_posix()) != digest(path)]
    found = run("ruff", "check", "--no-cache", *[f"--extend-exclude={e}" for e in edited])
    assert not found, found


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_mypy_finds_nothing(platform: str, tmp_path: Path) -> None:
    """It sees a call that one of the systems does not have."""
    found = run("mypy", f"--platform={platform}", f"--cache-dir={tmp_path}", str(BENCH))
    assert not found, found


# -- small -------------------------------------------------------------------------------------


def code_lines(path: Path) -> int:
    """Lines that hold code: no blank ones, comments or docstrings."""
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT,
               tokenize.DEDENT, tokenize.ENDMARKER}
    text = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in nothing:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) \
                and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    return len(lines)


def part_of(name: str) -> str:
    """Which part of the bench a module belongs to."""
    package = name.split(".")[1:2]
    if package in (["tap"], ["design"]):
        return package[0]
    return "tools" if name in TOOLS else "grader"


def test_the_bench_is_small() -> None:
    sizes = dict.fromkeys(MOST_LINES, 0)
    for path in MODULES:
        lines = code_lines(path)
        print(f"{lines:6,} {name_of(path)}")
        sizes[part_of(name_of(path))] += lines
    print(sizes)
    grown = {part: lines for part, lines in sizes.items() if lines > MOST_LINES[part]}
    assert not grown, f"{grown}: what can be said more simply?"


# -- one direction ------------------------------------------------------------------------------


def imports(path: Path, inside_functions: bool) -> Iterator[str]:
    """The names of the bench's modules that a module imports, TYPE_CHECKING aside."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    known = {name_of(p) for p in MODULES}
    waiting: list[ast.AST] = [tree_of(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not inside_functions:
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                if whole in known or base in known:
                    yield whole if whole in known else base


def test_imports_go_in_one_direction() -> None:
    graph = {name_of(path): set(imports(path, inside_functions=False)) for path in MODULES}
    packages = {name_of(path) for path in MODULES if path.name == "__init__.py"}
    graph = {name: needs - packages for name, needs in graph.items()}
    assert list(TopologicalSorter(graph).static_order())  # CycleError names a circle


def test_the_tap_knows_nothing_of_the_grader() -> None:
    """It runs in the student's process and must be small: the wire format is all they share."""
    for path in (BENCH / "tap").glob("*.py"):
        for needed in imports(path, inside_functions=True):
            assert needed.startswith("socklab.tap") or needed in ("socklab", "socklab.wire"), \
                f"{path.name} imports {needed}"


def test_lessons_use_two_modules_of_the_bench() -> None:
    """A checks file needs socklab.lesson alone, a notebook socklab.notebook.

    In lesson 10 each has a module of socklab.design beside it.
    """
    known = {"socklab.lesson", "socklab.design.checks"}
    for path in KIT.glob("lessons/[0-9][0-9]/test_*.py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("socklab"):
                assert node.module in known, path


# -- documented ---------------------------------------------------------------------------------


def undocumented(path: Path, methods_of: set[str]) -> Iterator[str]:
    """What is public in a module and has no docstring.

    methods_of: the classes whose methods count too (what a check may call).
    """
    tree = tree_of(path)
    if not ast.get_docstring(tree):
        yield "the module"
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or _is_private(node.name):
            continue
        if not ast.get_docstring(node):
            yield node.name
        if node.name in methods_of:
            yield from (f"{node.name}.{part.name}" for part in node.body
                        if isinstance(part, ast.FunctionDef)
                        and not _is_private(part.name) and not ast.get_docstring(part))


def _is_private(name: str) -> bool:
    return name.startswith(("_", "pytest_"))  # pytest explains its own hooks


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_is_public_has_a_docstring(path: Path) -> None:
    from socklab import lesson

    promised = {*lesson.__all__, "Exchange", "Picture"} if path.parent == BENCH else set()
    assert not list(undocumented(path, promised))


# -- nothing of the machine it was made on --------------------------------------------------------


@cache
def texts() -> list[tuple[Path, str]]:
    """All text files of the kit."""
    found = []
    for folder, names, files in os.walk(KIT):
        names[:] = [n for n in names if n not in MADE]
        for file in files:
            path = Path(folder, file)
            try:
                found.append((path, path.read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                pass  # a picture
    return found


def test_nothing_names_the_machine_it_was_made_on() -> None:
    words = [r"\.libr" "ary", r"\bshar" "ed/", r"\bfa" "rm\b", "/ro" "ot/", r"/ho" r"me/\w",
             r"/Us" r"ers/\w", "/tm" "p/"]
    if len(KIT.parts) > 2:
        words.append(re.escape(str(KIT)))
    pattern = re.compile("|".join(words))
    for path, text in texts():
        for number, line in enumerate(text.splitlines(), 1):
            match = pattern.search(line)
            assert match is None, f"{path.relative_to(KIT)}, line {number}: {match[0]}"


def test_texts_are_tidy() -> None:
    """UTF-8 without a mark, a newline at the end, no blanks before it, no tabs."""
    for path, text in texts():
        name = path.relative_to(KIT)
        if path.suffix in (".py", ".md", ".toml", ".txt", ".yml", ".ipynb"):
            assert not text.startswith("\ufeff"), name
            assert not text or text.endswith("\n"), f"{name} does not end with a newline"
        if path.suffix in (".py", ".toml", ".yml"):
            for number, line in enumerate(text.splitlines(), 1):
                assert line == line.rstrip() and "\t" not in line, f"{name}, line {number}"
