"""For the checks of a lesson: the holes as failures, and transcripts said to a server."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from ..failure import Failure
from ..lesson import Lab
from ..peer import Peer
from ..program import Program
from ..submission import short
from .draw import written
from .folder import Design, read
from .lines import messages_of, take_apart
from .page import values_of
from .source import Unreadable, printable
from .spec import CLIENT, END, FILE, SERVER, Protocol
from .transcripts import Line, Transcript
from .transcripts import name as _name

SERVER_FILE = "server.py"
A_DAY = 86400.0  # no protocol says how long a server waits until it says something unasked


_read = cache(read)  # every check asks for it


def design_of(lab: Lab) -> Design:
    """The design that is graded.  Raises Failure if it cannot be read."""
    lab.submission.path(FILE)
    try:
        return _read(lab.submission.folder)
    except Unreadable as error:
        problem, rest = error.problems[0], len(error.problems) - 1
        failure = Failure(problem.kind, str(problem))
        if rest:
            failure.note = _rest(rest, lab.submission.folder)
        failure.table = _quote(lab.submission.folder, problem.file, problem.line)
        raise failure from None


def no_holes(lab: Lab, rule: str) -> None:
    """Fail with the first finding of a rule, if it has one."""
    design = design_of(lab)
    found = design.findings(rule)
    if found:
        failure = Failure(found[0].kind, str(found[0]))
        failure.table = _quote(design.folder, found[0].file, found[0].line)
        if found[1:]:
            failure.note = _rest(len(found) - 1, design.folder)
        raise failure


def _rest(number: int, folder: Path) -> str:
    return (f"(There {'is' if number == 1 else 'are'} {number:,} more. See all of them: "
            f"python lessons/socklab protocol {short(folder)})")


def _quote(folder: Path, file: str, line: int) -> str:
    """A line of a file, as it stands there."""
    if not line:
        return ""
    text = (folder / file).read_text(encoding="utf-8-sig", errors="replace").split("\n")[line - 1]
    return f"{line:4}  {printable(text)}"[:74]


# -- transcripts, said to a server ------------------------------------------------------------


def replay(lab: Lab) -> None:
    """Say what the clients of each transcript say; the server says what it says there."""
    design = design_of(lab)
    if not (design.folder / SERVER_FILE).is_file():
        pytest.skip(f"there is no {SERVER_FILE} to try")
    if not design.transcripts:
        raise Failure("no-transcript", "There is no transcript that could be tried.")
    for transcript in design.transcripts:
        lab.tape.events.clear()  # what a report counts as earlier steps is of this talk
        with lab.case(transcript.file):
            server = lab.server(SERVER_FILE, port=design.protocol.port)
            _Talks(lab, design.protocol, transcript, server).play()
            server.stop()


class _Talks:
    """The talks of a transcript's clients with a server."""

    def __init__(self, lab: Lab, p: Protocol, transcript: Transcript, server: Program) -> None:
        self.lab, self.p, self.transcript, self.server = lab, p, transcript, server
        self.peers: dict[str, Peer] = {}
        self.due = {who: [line for line in transcript.lines if (line.sender, line.who) == (
            SERVER, who)] for who in transcript.clients}  # what has not been heard yet
        firsts = {line.who: line for line in reversed(transcript.lines)}
        self.comes = {who: self._cause(line) for who, line in firsts.items()}

    def _cause(self, heard: Line) -> Line:
        """With which line has a client to be there, if this is its first one?"""
        after = {c for m in messages_of(self.p, SERVER, heard.text or "") for c in m.after}
        causes = [heard]
        for line in self.transcript.lines[: self.transcript.lines.index(heard)]:
            said = [m.name for m in messages_of(self.p, line.sender, line.text or "")]
            if line.sender == CLIENT and after.intersection(said or [END, "unreadable"]):
                causes.append(line)
        return heard if heard.sender == CLIENT or "connect" in after else causes[-1]

    def play(self) -> None:
        """Say the lines of the clients; fail at the first line of the server that differs."""
        for line in self.transcript.lines:
            self._line(line)
        for who, peer in self.peers.items():
            self.lab.tape.case = f"the end of {self.transcript.file}, at {_name(who)}"
            if not peer.ended:
                peer.expect_nothing()

    def _line(self, line: Line) -> None:
        self.lab.tape.case = f"{self.transcript.file}, line {line.number}, {written(line)}"
        for who in (who for who in self.due if self.comes[who] == line):
            self.peers[who] = self.server.connect()
            self.lab.settle()  # so that it is there, whoever speaks now
        peer = self.peers[line.who]
        if line.sender == SERVER:
            if line in self.due[line.who]:
                self._listen(line.who)
        elif line.act == "ends":
            peer.half_close()
        elif line.text is not None:
            peer.send((line.text + self.p.end).encode())
        self.lab.settle()  # so that the next line comes after this one, whoever says it
        for who, other in self.peers.items():
            while len(other.received) > other.consumed:
                self._listen(who)  # it has come already: is it the right one?

    def _listen(self, who: str) -> None:
        """The next line that a client hears, or its end, is the one of the transcript."""
        peer, line = self.peers[who], next(iter(self.due[who]), None)
        if line is None or line.text is None:
            if len(peer.received) > peer.consumed:
                self.lab.fail(f"The server says more to {_name(who)} than its transcript.",
                              kind="differs", got=peer.receive(), about=peer.key)
            peer.expect_end()
        else:
            due, note = _free(self.p, line.text)
            if any("time" in m.after for m in messages_of(self.p, SERVER, line.text)):
                self.lab.wait(lambda: len(peer.received) > peer.consumed or peer.ended,
                              self.server, horizon=A_DAY)
            try:
                got = peer.read_line()
                if not _same(self.p, line.text, got):
                    self.lab.fail(f"The server says another line to {_name(who)} than the "
                                  f"transcript in its line {line.number}.", kind="differs",
                                  got=got, about=peer.key)
            except Failure as failure:
                failure.expected, failure.note = due, note
                raise
        self.due[who].pop(0)


def _free(p: Protocol, text: str) -> tuple[bytes, str]:
    """A line with the names of its free fields instead of their words, and what may be there."""
    for message in messages_of(p, SERVER, text):
        values, names = take_apart(p, message, text) or {}, message.fields
        if free := [p.fields[name] for name in names if p.fields[name].free]:
            words = [w if w not in names or p.fields[w].free else values[w] for w in message.words]
            return p.between.join(words).encode(), " ".join(
                f"({field.name}: {values_of(field)}.)" for field in free)
    return (text + p.end).encode(), ""


def _same(p: Protocol, due: str, got: bytes) -> bool:
    """Is it the same line, apart from the fields that are free?"""
    if got == (due + p.end).encode():
        return True
    try:
        text = got.decode()
    except UnicodeDecodeError:
        return False
    if not text.endswith(p.end) or text.endswith("\r\n") != p.end.endswith("\r\n"):
        return False
    for message in messages_of(p, SERVER, due):
        values = take_apart(p, message, due) or {}
        others = take_apart(p, message, text.removesuffix(p.end))
        if others is not None and all(
                values[name] == others[name] or p.fields[name].free for name in message.fields):
            return True
    return False
