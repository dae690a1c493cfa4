"""What was said, line by line, and whether the protocol allows it.

    # a comment
    C ann: hello          a client says something      C: hello     (if there is one client)
    S ann: welcome        the server says something to this client
    C ann ends            the client ends its stream   C ends
    S ann ends            the server closes the connection
    C ann connects        it is there from here on, not only from its first line
    C ann sends 101 bytes    it says a line of so many x
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from .lines import messages_of, take_apart
from .lint import Finding
from .source import Problem, Unreadable, meant, read_text
from .spec import CLIENT, CODE, END, NOTHING, SERVER, VERSION, Answer, Message, Protocol, State

FOLDER = "transcripts"
_LINE = re.compile(r"([CS])(?: ([\w-]+))?(?:: ?(.*)| (ends|connects) *| sends (\d{1,6}) bytes *)$")
FORM = 'Write "C: line", "S: line", "C ends", "S ends", or with a name: "C ann: line", ' \
       '"C ann ends", "C ann connects"; # begins a comment.'


@dataclass(frozen=True)
class Line:
    """One line of a transcript.  text: None where `act` says that it connects, or ends."""

    number: int
    sender: str
    who: str
    text: str | None
    act: str = ""


@dataclass
class Transcript:
    """One file of the folder transcripts."""

    file: str
    lines: list[Line]
    about: str = ""

    @property
    def clients(self) -> list[str]:
        return list(dict.fromkeys(line.who for line in self.lines))


def load_all(folder: Path) -> list[Transcript]:
    """Read transcripts/*.txt of a folder, in order.  Raises Unreadable."""
    found, problems = [], []
    for path in sorted((folder / FOLDER).glob("*.txt")):
        try:
            found.append(_read(path))
        except Unreadable as error:
            problems += error.problems
    if problems:
        raise Unreadable(problems)
    return found


def _read(path: Path) -> Transcript:
    file, lines, problems, about = f"{FOLDER}/{path.name}", [], [], ""
    for number, text in enumerate(read_text(path, file).split("\n"), 1):
        if not text.strip() or text.lstrip().startswith("#"):
            about = about or text.strip()[1:].strip()
            continue
        match = _LINE.match(text)
        if match is None or match[1] == "S" and (match[4] == "connects" or match[5]):
            problems.append(Problem(file, number, f"Cannot read this line. {FORM}"))
            continue
        sender = CLIENT if match[1] == "C" else SERVER
        said = "x" * int(match[5]) if match[5] else match[3]
        lines.append(Line(number, sender, match[2] or "", said, match[4] or ""))
    if problems:
        raise Unreadable(problems)
    return Transcript(file, lines, about)


# -- is it possible? --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Talk:
    """One way in which a client's connection may have come to this line."""

    state: State
    due: tuple[Answer, ...] = ()  # what may be the next answer
    said: str = ""  # the line that waits for it
    over: bool = False  # one side has ended it
    closed: bool = False  # the server has


class _Impossible(Exception):
    """A line cannot come; the text says why."""


def possible(p: Protocol, transcript: Transcript) -> Iterator[Finding]:
    """The first line that the protocol does not allow, if there is one."""
    talks: dict[str, list[_Talk]] = {}
    done: set[tuple[str, str]] = set()  # who has said what
    for line in transcript.lines:
        ways: list[_Talk] = []
        reasons: list[str] = []
        for talk in talks.get(line.who, [_Talk(p.states[p.start])]):
            try:
                if line.act == "connects" and line.who in talks:
                    raise _Impossible(f"{name(line.who)} is connected already.")
                if line.act == "connects":
                    ways.append(talk)
                elif line.sender == CLIENT:
                    ways += _client(p, talk, line, done)
                else:
                    ways += _server(p, talk, line, done)
            except _Impossible as error:
                reasons.append(str(error))
        if not ways:
            yield Finding("impossible", reasons[0], line.number, transcript.file)
            return
        talks[line.who] = list(dict.fromkeys(ways))
    for who, several in talks.items():
        if all(talk.due and not _silent(p, talk) for talk in several):
            last = max(line.number for line in transcript.lines if line.who == who)
            yield Finding("missing", f"The transcript ends, but {name(who)} still waits: "
                          f"`{several[0].said}` has an answer, {_or(several[0].due)}.", last,
                          transcript.file)
            return


def _silent(p: Protocol, talk: _Talk) -> list[_Talk]:
    """The ways to go on without an answer, if none has to come."""
    return [replace(talk, due=(), state=p.then(talk.state, answer))
            for answer in talk.due if answer.message == NOTHING]


def _client(p: Protocol, talk: _Talk, line: Line, done: set[tuple[str, str]]) -> list[_Talk]:
    who = name(line.who)
    if talk.due:
        if not (ways := _silent(p, talk)):
            raise _Impossible(f"{who} speaks again, but has not heard the answer to "
                              f"`{talk.said}`: {_or(talk.due)}.")
        return [then for way in ways for then in _client(p, way, line, done)]
    if talk.over or talk.state.final:
        raise _Impossible(f"{who} speaks, but this connection is closed.")
    state = talk.state
    if line.text is None:
        done.add((line.who, END))
        return [replace(talk, over=True, said=END,
                        due=tuple(state.says.get(END, [Answer(NOTHING)])))]
    limit = p.limits[CLIENT]
    if limit is not None and len(line.text.encode()) > limit and p.unreadable:
        done.add((line.who, "unreadable"))
        return [replace(talk, due=(p.unreadable,), said=f"{line.text[:20]}…")]
    fitting = [m for m in messages_of(p, CLIENT, line.text) if m.name in state.says]
    due = [answer for m in fitting for answer in _of_version(p, state, m, line.text)]
    if not fitting:
        due = _refusals(p, state, line.text)
    if not due:
        allowed = ", ".join(f"`{said}`" for said in state.says) or "nothing"
        raise _Impossible(f"{who} says `{line.text}`, but may say {allowed} in "
                          f"`{state.name}`, and what comes otherwise is not said.")
    done.update((line.who, m.name) for m in fitting)
    return [replace(talk, due=tuple(due), said=line.text)]


def _refusals(p: Protocol, state: State, text: str) -> list[Answer]:
    """The answers to a line that is not allowed.

    One with the first word of a message may be answered as this message, not well said.
    """
    known = p.otherwise_in(state)
    word = text.split(p.between)[0]
    return [answer for m in p.by(CLIENT) if m.name in state.says and m.words[0] == word
            for answer in state.says[m.name] if answer.message != NOTHING and not answer.to
            ] + ([known] if known else [])


def _of_version(p: Protocol, state: State, message: Message, text: str) -> list[Answer]:
    """The answers to a message: only one, if it has another version."""
    answers = state.says[message.name]
    other = (take_apart(p, message, text) or {}).get(VERSION, p.version) != p.version
    due = [a for a in answers if str(a) == str(p.other_version)]
    return due if other and due else answers


def _server(p: Protocol, talk: _Talk, line: Line, done: set[tuple[str, str]]) -> list[_Talk]:
    who = name(line.who)
    if talk.closed:
        raise _Impossible(f"The server has closed the connection of {who} already.")
    if line.text is None:
        return _server_ends(p, talk, who)
    fitting = [(m, take_apart(p, m, line.text) or {}) for m in messages_of(p, SERVER, line.text)]
    if not fitting:
        raise _Impossible(f"`{line.text}` has the form of no message of the server. "
                          f"{_nearest(p, line.text)}".rstrip())

    def fits(answer: Answer) -> bool:
        return any(m.name == answer.message and answer.code in ("", values.get("CODE"))
                   for m, values in fitting)

    ways = [replace(talk, due=(), state=p.then(talk.state, answer)) for answer in talk.due
            if fits(answer)]
    others = {"connect", "time", "more", *(cause for by, cause in done if by != line.who)}
    ways += [replace(talk, state=p.then(talk.state, answer)) for answer in talk.state.hears
             if fits(answer) and others.intersection(p.messages[answer.message].after or others)]
    reasons = []
    for way in _silent(p, talk):
        try:
            ways += _server(p, way, line, done)
        except _Impossible as error:
            reasons.append(error)
    if ways:
        return ways
    if reasons:
        raise reasons[0]
    if talk.over or talk.state.final:
        raise _Impossible(f"The server says `{line.text}` to {who}, but this connection is closed.")
    if any(map(fits, talk.state.hears)):
        causes = " or ".join(f"`{cause}`" for cause in fitting[0][0].after)
        raise _Impossible(f"{who} hears `{line.text}` unasked, but nothing has happened that "
                          f"brings it about: another client's {causes}.")
    asked = f"the answer to `{talk.said}` is {_or(talk.due)}" if talk.due else "no answer is due"
    unasked = "only " * bool(talk.state.hears) + _or(talk.state.hears)
    raise _Impossible(f"{who} hears `{line.text}`, but {asked}, and in `{talk.state.name}` "
                      f"{unasked} can come unasked.")


def _nearest(p: Protocol, text: str) -> str:
    """What may be meant by a line which has no form."""
    words = text.split(p.between)
    for message in p.by(SERVER):
        for word, there in zip(message.words, words, strict=False):
            if word == CODE and there not in p.errors and message.words[0] == words[0]:
                return f"`[errors]` has no `{there}`. {meant(there, list(p.errors))}"
    forms = [m.form for m in p.by(SERVER)]
    begun = [m.form for m in p.by(SERVER) if m.words[0] == words[0]]
    near = get_close_matches(text, begun, 1, 0) or get_close_matches(text, forms, 1, 0.4)
    return f"Is `{near[0]}` meant?" if near else ""


def _server_ends(p: Protocol, talk: _Talk, who: str) -> list[_Talk]:
    ways = [way for way in (_silent(p, talk) if talk.due else [talk])
            if way.state.final or way.over]
    if ways:
        return [replace(way, over=True, closed=True) for way in ways]
    if talk.due and not _silent(p, talk):
        raise _Impossible(f"The server closes the connection, but {who} still waits for the "
                          f"answer to `{talk.said}`: {_or(talk.due)}.")
    raise _Impossible(f"The server closes the connection of {who}, but `{talk.state.name}` is no "
                      "final state.")


def name(who: str) -> str:
    """A client, in a sentence."""
    return who or "the client"


def _or(answers: Iterable[Answer]) -> str:
    words = list(dict.fromkeys(f"`{answer}`" for answer in answers)) or ["nothing"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def transcripts_possible(p: Protocol, transcripts: list[Transcript]) -> Iterator[Finding]:
    """There are transcripts, and the protocol allows each of them."""
    if not transcripts:
        yield Finding("no-transcript", f"There is no file in the folder {FOLDER}. Play the talk "
                      "on paper, write down who says what, and keep it there as something.txt.", 0)
    for transcript in transcripts:
        yield from possible(p, transcript)


def all_shown(p: Protocol, transcripts: list[Transcript]) -> Iterator[Finding]:
    """Every message is in some transcript."""
    shown = {m.name for t in transcripts for line in t.lines if line.text is not None
             for m in messages_of(p, line.sender, line.text)}
    missing = [name for name in p.messages if name not in shown]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        what = f"{names} {'is' if len(missing) == 1 else 'are'} in no transcript. Has anybody " \
               "tried on paper what comes before, and what after?"
        yield Finding("not-shown", what, p.line("messages", missing[0]))
