"""Puts a program's text under the bench: fixtures for the tests of lessons/socklab.

A test module asks for them with ``pytest_plugins = ["benching"]``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from socklab.hub import Hub
from socklab.lesson import Lab, Module, Program
from socklab.submission import Submission

PORT = 5000


class Bench:
    """A folder for programs, and a Lab that runs them."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        self.lab = self.new_lab()

    def new_lab(self) -> Lab:
        """A second Lab on the same folder; the test must close it."""
        return Lab(self.hub, Submission("00", self.folder))

    def file(self, text: str, name: str = "program.py") -> str:
        """Write a program (indented as the test likes it) and return its name."""
        (self.folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
        return name

    def run(self, text: str, name: str = "program.py", **options: Any) -> Program:
        """Start a program."""
        return self.lab.program(self.file(text, name), **options)

    def serve(self, text: str, name: str = "server.py", port: int = PORT,
              **options: Any) -> Program:
        """Start a server and wait until it listens."""
        return self.lab.server(self.file(text, name), port=port, **options)

    def module(self, text: str, name: str = "functions.py", **options: Any) -> Module:
        """Import a text as a module, in a child."""
        return self.lab.module(self.file(text, name), **options)

    def output(self, text: str, *typed: str, **options: Any) -> str:
        """Run a program to its end and return what it has printed."""
        program = self.run(text, **options)
        for line in typed:
            program.type(line)
        program.expect_exit(0)
        return program.output


@pytest.fixture(scope="session")
def hub() -> Iterator[Hub]:
    """One warden and its spare processes for all tests."""
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def bench(hub: Hub, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(hub, tmp_path)
    yield bench
    assert bench.lab.close() == 0, "processes were left running"
