"""For the notebooks: write programs in cells, run them against each other, see the wire.

    from socklab.notebook import play, work
    work("01")                        the folder 01 in notebooks/work
    %%program server.py               a cell that is written to that folder
    play("server.py", "client.py", typed=["hello"])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from . import diagram, ladder
from .evidence import explain, wrap
from .failure import Failure
from .hub import Hub
from .lesson import Lab
from .peer import Peer
from .program import Program
from .submission import KIT, Submission
from .tape import Event

_folder = KIT / "notebooks" / "work"
# Otherwise a page takes two backslashes, or two dollars, for a formula.
NO_FORMULAS = "tex2jax_ignore mathjax_ignore"

Typed = dict[str, Sequence[str | None]] | Sequence[str | None] | None


def work(lesson: str) -> None:
    """Choose the folder for this notebook's programs; git ignores it."""
    global _folder
    _folder = KIT / "notebooks" / "work" / lesson
    _folder.mkdir(parents=True, exist_ok=True)


class Picture:
    """What happened in one run.  A notebook shows it as a diagram; print() as text."""

    def __init__(self, events: list[Event], waits: dict[str, list], programs: list[Program],
                 problem: str = "") -> None:
        self.events, self.waits, self.problem = events, waits, problem
        self.outputs = {p.name: p.output for p in programs}
        self.ended = {p.name for p in programs if p.finished}
        self.crashed = {p.name: p.crashes[0].in_main for p in programs if p.crashes}
        self.errors = [f"{'' if self.crashed[p.name] else 'A thread of '}{p.name} "
                       f"ended with an error: {p.traceback}" for p in programs if p.crashes]
        self.parties = list(dict.fromkeys(e.who for e in events))
        self._clients_left()
        self.names = {who: "the bench" if who == "check" else who for who in self.parties}

    def _clients_left(self) -> None:
        """Who connects stands on the left, who accepts on the right."""
        connecting = {e.who for e in self.events if e.call == "connect"}
        self.parties.sort(key=lambda who: who not in connecting)

    def output(self, file: str) -> str:
        """All that one program has printed."""
        return self.outputs[file]

    def __str__(self) -> str:
        lines = ladder.text(ladder.rows(self.events), self.waits, self.parties, self.names,
                            most=300)
        over = [f"{who} has ended." for who in self.parties
                if who in self.ended and not self.crashed.get(who)]
        return "\n".join([*lines, *over, *self._notes()])

    def _notes(self) -> list[str]:
        return self.errors + ([self.problem] if self.problem else [])

    def _repr_html_(self) -> str:
        text = str(self)
        picture = diagram.svg(self.events, self.waits, self.parties, self.names, text,
                              self.ended) if self.parties else ""
        notes = "".join(f'<p style="white-space:pre-wrap"><b>{escape(note)}</b></p>'
                        for note in self._notes())
        return (f'<div class="{NO_FORMULAS}">{picture}{notes}<details><summary>The same as text'
                f"</summary><pre>{escape(text)}</pre></details></div>")

    def __repr__(self) -> str:
        return str(self)


def play(*files: str, typed: Typed = None, peer: Callable[[Peer], Any] | None = None,
         recv_max: int | None = None, send_max: int | None = None,
         port: int | None = None) -> Picture:
    """Run programs of the work folder against each other; return the picture.

    The first one is started and gets to listen; then come the others, in order.
    typed: lines for the keyboard, {"client.py": ["one", "two"]}, or a list for the last
    program; each is typed when the program waits for it.  None in a list ends the input.
    peer: a function that plays the client with a `Peer` (see `socklab.peer`).
    recv_max, send_max: no recv or send of the programs moves more bytes than this.
    port: where `peer` connects, if the program listens on several.
    """
    hub = Hub(spares=len(files))
    lab = Lab(hub, Submission("", _folder), to_come=0)
    programs: list[Program] = []
    problem = ""
    try:
        hub.start()
        try:
            for file in files:
                programs.append(lab.program(file, recv_max=recv_max, send_max=send_max))
                lab.wait(lambda: lab.addresses.of(programs[0]), programs[0])
            if peer is not None:
                peer(programs[0].connect(port=port))
            _type_all(lab, programs, _lines(typed, files))
        except Failure as failure:
            problem = wrap(failure.what)
        outcome = lab.wait(lambda: False, horizon=60)
        if outcome is not None and outcome.kind not in ("still", "exited"):
            problem = problem or explain(Failure(outcome.kind, "", outcome=outcome))
        waits = outcome.waits if outcome else {}
        return Picture(lab.tape.ordered(), waits, programs, problem)
    finally:
        try:
            lab.close()
        finally:  # the stop button may be pressed twice
            hub.close()


def _lines(typed: Typed, files: Sequence[str]) -> dict[str, list[str | None]]:
    if typed is None:
        return {}
    given = typed if isinstance(typed, dict) else {files[-1]: typed}
    return {file: list(lines) for file, lines in given.items()}


def _type_all(lab: Lab, programs: list[Program], lines: dict[str, list[str | None]]) -> None:
    """Type each line when its program waits at the keyboard, until nothing moves."""
    while any(lines.values()):
        outcome = lab.wait(lambda: False, horizon=60)
        ready = [p for p in programs if lines.get(p.name) and outcome is not None
                 and any(w[1] == "input" for w in outcome.waits.get(p.name, []))]
        if not ready:
            return
        line = lines[ready[0].name].pop(0)
        if line is None:
            ready[0].end_input()
        else:
            ready[0].type(line)


def _program_cell(name: str, source: str) -> None:
    """%%program FILE: write the cell to the work folder."""
    name = name.strip()
    if not name.endswith(".py") or Path(name).name != name:
        print("Write the name of the file behind %%program, for example: %%program server.py")
        return
    _folder.mkdir(parents=True, exist_ok=True)
    (_folder / name).write_text(source, encoding="utf-8", newline="\n")
    try:
        compile(source, name, "exec")
        print(f"{name} is written: {len(source.splitlines())} lines.")
    except (SyntaxError, ValueError) as error:
        where = getattr(error, "lineno", None)
        print(f"{name} is written, but Python cannot read line {where}: {error.args[0]}.")


def _register() -> None:
    try:
        from IPython import get_ipython
    except ImportError:
        return  # used outside a notebook
    shell = get_ipython()
    if shell is not None:
        shell.register_magic_function(_program_cell, "cell", "program")


_register()
