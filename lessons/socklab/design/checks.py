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
from .folder import Design, read
from .lines import messages_of, take_apart
from .source import Unreadable, printable
from .spec import FILE, SERVER, Protocol
from .transcripts import Line, Transcript

SERVER_FILE = "server.py"


_read = cache(read)  # every check asks for it


def design_of(lab: Lab) -> Design:
    """The design that is graded.  Raises Failure if it cannot be read."""
    lab.submission.path(FILE)
    try:
        return _read(lab.submission.folder)
    except Unreadable as error:
        problem, rest = error.problems[0], len(error.problems) - 1
        failure = Failure("format", str(problem))
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
    text = (folder / file).read_text(encoding="utf-8-sig").split("\n")[line - 1]
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
        with lab.case(transcript.file):
            server = lab.server(SERVER_FILE, port=design.protocol.port)
            _play(lab, design.protocol, transcript, server)
            server.stop()


def _play(lab: Lab, p: Protocol, transcript: Transcript, server: Program) -> None:
    peers: dict[str, Peer] = {}
    for line in transcript.lines:
        lab.tape.case = _words(transcript, line)
        peer = peers.get(line.who) or peers.setdefault(line.who, server.connect())
        if line.sender == SERVER:
            _listen(lab, p, line, peer)
        elif line.text is None:
            peer.half_close()
        else:
            peer.send((line.text + p.end).encode())
        lab.settle()  # so that the next line comes after this one, whoever says it
    for who, peer in peers.items():
        lab.tape.case = f"the end of {transcript.file}, at {who or 'the client'}"
        if not peer.ended:
            peer.expect_nothing()
        elif extra := peer.receive():
            lab.fail("The server says more than its transcript.", kind="differs", got=extra)


def _words(transcript: Transcript, line: Line) -> str:
    who = f" {line.who}" if line.who else ""
    text = " ends" if line.text is None else f": {line.text}"
    return f"{transcript.file}, line {line.number}, {line.sender[0].upper()}{who}{text}"


def _listen(lab: Lab, p: Protocol, line: Line, peer: Peer) -> None:
    """The next line of the server, or its end, is the one of the transcript."""
    if line.text is None:
        peer.expect_end()
        return
    due = (line.text + p.end).encode()
    try:
        got = peer.read_line()
    except Failure as failure:
        failure.expected = due
        raise
    if not _same(p, line.text, got):
        lab.fail("The server contradicts its transcript. This is the first line that differs.",
                 kind="differs", expected=due, got=got)


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
