"""The student's source runs as Python runs it, also if a spare has compiled it before."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from socklab import killing

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]


def test_a_file_that_has_changed_runs_as_it_is_now(bench: Bench) -> None:
    for number in range(6):
        assert bench.output(f"print({number})") == f"{number}\n"


def test_a_warning_of_the_compiler_is_seen_each_time(bench: Bench) -> None:
    for _ in range(4):
        program = bench.run("assert (1, 'always true')")
        program.expect_exit(0)
        assert "SyntaxWarning" in program.errors


def test_a_syntax_error_is_seen_each_time(bench: Bench) -> None:
    for _ in range(4):
        program = bench.run("def f(:\n    pass")
        program.expect_exit(1)
        assert "SyntaxError" in program.errors


@pytest.mark.parametrize("text", [
    "# Gr\xfcezi\nprint('hello')".encode("latin-1"),  # not even in a comment
    "print('Gr\xfcezi')".encode("latin-1"),
    "print('hello')".encode("utf-16"),
    b"\xef\xbb\xbfprint('Gr\xc3\xbcezi')",
    "# -*- coding: latin-1 -*-\nprint('Gr\xfcezi')".encode("latin-1"),
])
def test_the_bytes_of_a_file_mean_what_they_mean_in_python(bench: Bench, text: bytes) -> None:
    path = bench.folder / bench.file("")
    path.write_bytes(text)
    plain = subprocess.run([sys.executable, path], capture_output=True,
                           env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    for _ in range(2):
        program = bench.lab.program(path.name)
        program.expect_exit(plain.returncode)
        assert program.output.encode() == plain.stdout.replace(b"\r\n", b"\n")
        assert ("SyntaxError: Non-UTF-8 code" in program.errors) == (plain.returncode == 1)


@pytest.mark.parametrize("name", ["contextlib", "importlib", "dis", "opcode"])
def test_a_module_of_her_own_in_the_way_of_ours(bench: Bench, name: str) -> None:
    bench.file("word = 'mine'", f"{name}.py")
    file = bench.file(f"""
        import {name}
        class Office:
            def __init__(self):
                self.names = []
            def add(self, name):
                self.names.append({name}.word + name)
                return self.names[0]
    """)
    rounds = bench.lab.turnstile(file, setup="Office", then=[],
                                 threads=[("add", ("a",)), ("add", ("b",))])
    assert set(rounds[0].results) <= {"minea", "mineb"} and len(rounds) > 1
    assert sorted(p.name for p in bench.folder.iterdir()) == sorted([file, f"{name}.py"])


@pytest.mark.parametrize("name", ["queue", "re"])
def test_a_module_of_her_own_goes_before_the_librarys(bench: Bench, name: str) -> None:
    bench.file("word = 'mine'", f"{name}.py")
    for _ in range(4):
        assert bench.output(f"import {name}\nprint({name}.word)") == "mine\n"


@pytest.mark.parametrize("text", [
    "def f(x: Undefined): pass", "class A:\n    x: Undefined", "x: Undefined = 1",
    "def f(x: int) -> str: pass\nprint(f.__annotations__)",
    "from __future__ import annotations\ndef f(x: int): pass\nprint(f.__annotations__)",
])
def test_annotations_mean_what_they_mean_in_python(bench: Bench, text: str) -> None:
    plain = subprocess.run([sys.executable, bench.file(text)], cwd=bench.folder,
                           capture_output=True, text=True)
    for _ in range(2):
        program = bench.run(text)
        program.expect_exit(plain.returncode)
        assert program.output == plain.stdout
        assert program.errors[-50:] == plain.stderr[-50:]


def test_a_file_that_no_spare_survives_is_not_tried_again(bench: Bench) -> None:
    hub, losses = bench.hub, bench.hub.spare_losses
    bench.run("print()").expect_exit(0)
    assert hub._likely.endswith("program.py")
    hub.until(hub._first_spare, 60, "a spare")
    killing.kill_process(hub._ready[hub._first_spare()].pid)
    hub.until(lambda: hub.spare_losses > losses, 60, "the loss of a spare")
    bench.run("print()").expect_exit(0)
    assert hub._likely == ""
    bench.run("print()", "other.py").expect_exit(0)
    assert hub._likely.endswith("other.py")
