"""A failure in words: what was due, what came, which line waits, in 76 columns."""

from __future__ import annotations

import linecache
import textwrap
from pathlib import Path

from . import ladder
from .failure import Failure, Wait
from .tape import Event, count

WIDTH = 76


def explain(failure: Failure) -> str:
    """Return the evidence for a failure, without its hint."""
    parts = [wrap(failure.what)]
    if failure.case:
        parts.append(wrap(f"In this case: {failure.case}."))
    if failure.crash is not None:
        parts.append(_crash(failure))
    elif failure.ending:
        parts.append(wrap(failure.ending))
    parts += [_outcome(failure), _kept_open(failure)]
    if failure.table:
        parts.append("\n".join("  " + row for row in failure.table.splitlines()))
    parts.append(wrap(failure.note))
    parts.append(_picture(failure))
    parts.append(_difference(failure))
    if failure.strays:
        parts.append(wrap(f"Your program left {count(failure.strays, 'process')} running."))
    return "\n\n".join(part for part in parts if part)


def wrap(text: str, indent: str = "") -> str:
    """Fold a paragraph to WIDTH columns; long words (bytes) stay whole."""
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent,
                         break_long_words=False, break_on_hyphens=False)


def _source(failure: Failure, file: str, line: int) -> str:
    """The text of a student's line, or ""."""
    if not file or not line:
        return ""
    linecache.checkcache(str(Path(failure.folder) / file))
    return printable(linecache.getline(str(Path(failure.folder) / file), line).strip())


def _at(failure: Failure, file: str, line: int) -> str:
    if not line:
        return ""
    place = f"    {file}, line {line}"
    source = _source(failure, file, line)
    if not source:
        return f"\n{place}"
    if len(place) + 3 + len(source) <= WIDTH:
        return f"\n{place}:  {source}"
    return f"\n{place}:\n        {shorten(source, WIDTH - 8)}"


def printable(text: str) -> str:
    """Return `text` with escapes for what would move the cursor or change colours."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def shorten(text: str, most: int) -> str:
    """Return `text`, with … for what is beyond `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _crash(failure: Failure) -> str:
    crash = failure.crash
    assert crash is not None
    message = printable(crash.data.decode("utf-8", "replace"))
    head = "Python cannot read it" if failure.kind == "syntax" else "Uncaught exception"
    thread = "" if crash.in_main else f" in the thread {crash.thread}"
    text = wrap(f"{head}{thread}: {crash.note}: {message}") + _at(failure, crash.file, crash.line)
    if failure.more_crashes:
        text += "\n" + wrap(f"(This was the first; {failure.more_crashes} more came after it.)")
    return text


def _outcome(failure: Failure) -> str:
    outcome = failure.outcome
    if outcome is None:
        return ""
    if outcome.kind == "still":
        lines = [line for who, waits in outcome.waits.items()
                 for line in _waits(failure, who, waits)]
        return "Nothing moves any more:\n" + "\n".join(lines) if lines else ""
    who = outcome.who or "your program"
    if outcome.kind == "exited":
        return "" if failure.crash or failure.ending else wrap(f"{who} has ended.")
    if outcome.kind == "processes" and failure.crash:
        return ""  # the exception says it
    if outcome.kind == "running":
        note = outcome.note or "it uses the processor without getting anywhere"
        return wrap(f"{who} goes round and round: {note}.") + (
            _at(failure, *outcome.where) if outcome.where[1] else "")
    texts = {
        "flooded": f"{who} {outcome.note or 'prints'} without end, so it was stopped.",
        "processes": f"{who} starts more processes than the checks can follow, and was stopped.",
        "lost": f"{who} has closed a connection of the bench, or has become another "
                "program, and was stopped.",
        "parent": f"{who} ended the process that had started it.",
        "late": f"{who} did not get any further for a long time. (This could not be proven, "
                "because the program waits in a way that the bench cannot see.)",
    }
    place = _at(failure, *outcome.where) if outcome.where[1] else ""
    return wrap(texts.get(outcome.kind, outcome.kind)) + place


def _kept_open(failure: Failure) -> str:
    """The program has closed the socket in question, but a file of makefile() still uses it."""
    ends = [event for event in failure.events if set(event.key) == set(failure.about)
            and event.call in ("close", "kept open", "see end", "see reset")]
    if not failure.about or not ends or ends[-1].call != "kept open":
        return ""
    return wrap("Your program has called close() for this connection. It stays open, because a "
                "file that makefile() has made still uses it: close this file, too."
                ) + _at(failure, ends[-1].file, ends[-1].line)


FIRST = 12  # so many steps are shown of what has no end
WAITS = 4  # so many places where threads wait are told, those that hold up others first


def _waits(failure: Failure, who: str, waits: list[Wait]) -> list[str]:
    """A line or two for each place where threads wait."""
    places: dict[tuple, list[Wait]] = {}
    for wait in sorted(waits, key=_is_usual):
        places.setdefault((*wait[1:5], wait[5] is None), []).append(wait)
    lines = [line for same in places.values() if (line := _wait(failure, who, same))]
    more = len(lines) - WAITS
    return lines[:WAITS] + ([f"  (threads wait in {count(more, 'place')} more)"] * (more > 0))


def _is_usual(wait: Wait) -> bool:
    """Does a thread wait for what clients or queues bring?  Others are told of first."""
    return wait[1] not in ("send", "join") and not any(state[:1] == ("lock",) for state in wait[6])


def _wait(failure: Failure, who: str, same: list[Wait]) -> str:
    """Words for threads that wait in the same place."""
    thread, call, file, line, inner, left, states = same[0]
    if call == "order" or not call:
        return ""
    if call == "join" and not line:  # Python's own, at the end of the program
        return wrap(f"{who} has come to its end, and Python waits for the threads that are "
                    "not daemons.", "  ")
    if call == "held":
        return f"  {who} ({thread}) is held back by the check" + _at(failure, file, line)
    name = inner or call
    words = {"input": "something typed at the keyboard", "recv": "data",
             "recv_into": "data", "accept": "a connection", "sleep": "its pause to end",
             "send": "its reader", "join": "another thread",
             "acquire": "" if inner else "a lock"}.get(call, "")
    which = "" if thread == "main" else f" ({thread})"
    if len(same) > 1:
        which = f" ({thread} and {len(same) - 1} more)"
    if states and states[0][:1] == ("lock",):
        words = _holder(thread, inner, *states[0][1:]) or words
    text = wrap(f"{who}{which} waits in {name}()" + (f" for {words}" if words else ""), "  ")
    return text + (_at(failure, file, line) if line else "")


def _holder(thread: str, inner: str, name: str, holder: str, since: int) -> str:
    """Words for the lock that a thread waits for, and for who has it."""
    if not holder or (inner and holder == thread):  # one inside of a library's queue
        return ""
    who = "it has taken itself" if holder == thread else f"{holder} holds"
    which = f"the lock {name!r}" if name else "a lock"
    return f"{which}, which {who}" + (f" (since line {since})" if since else "")


def _picture(failure: Failure) -> str:
    events = _without_traceback(failure.events)
    if not any(e.call not in ("bind", "listen", "crash") for e in events):
        return ""
    shown = _only_one_connection(events, failure.about)
    before = failure.before + len(events) - len(shown)
    events = shown
    parties = list(dict.fromkeys(e.who for e in events))
    if "check" in parties:
        parties.sort(key=lambda who: who != "check")
    waits = failure.outcome.waits if failure.outcome else {}
    names = {who: "the check" if who == "check" else who for who in parties}
    endless = failure.outcome is not None and failure.outcome.kind == "flooded"
    rows = ladder.rows(events[:1000] if endless else events, _numbers(failure, events))
    if endless and len(rows) > FIRST:
        who = next(iter(rows[FIRST].cells))
        rows = [*rows[:FIRST], ladder.Row(0.0, {who: "… and so on, without end"}, {})]
        before = failure.before
    lines = ladder.text(rows, waits, parties, names, before=before)
    return "\n".join("  " + line for line in lines)


def _without_traceback(events: list) -> list:
    """Leave out what Python printed about a crash: the evidence has said it already."""
    crashed: set[str] = set()
    shown = []
    for event in events:
        if event.call == "crash":
            crashed.add(event.who)
        if event.call != "output" or event.line or event.who not in crashed:
            shown.append(event)
    return shown


def _numbers(failure: Failure, shown: list) -> ladder.Numbers:
    """Number the connections that are shown as they began, if they are several."""
    seen = {e.key[:2] for e in shown if e.who == "check"}
    keys = [key for key in failure.connections if key in seen]
    return {key: n for n, key in enumerate(keys, 1)} if len(keys) > 1 else {}


def _only_one_connection(events: list, about: tuple) -> list:
    """Of many connections show the one that failed, or else the check's last one."""
    keys = [e.key[:2] for e in events if e.who == "check" and len(e.key) >= 2]
    if len(set(keys)) < 3:
        return events
    chosen = about if about in keys else keys[-1]
    ours = {chosen, chosen[::-1]}
    times = [e.time for e in events if e.key[:2] in ours]

    def belongs(event: Event) -> bool:
        if event.call == "output":  # of whichever thread
            return times[0] <= event.time <= times[-1]
        return event.key[:2] in ours or event.who != "check" and len(event.key) < 2

    return [event for event in events if belongs(event)]


def _difference(failure: Failure) -> str:
    due, came = failure.expected, failure.got
    if due is None and came is None:
        return ""
    if not all(isinstance(value, bytes | str | None) for value in (due, came)):
        return "\n".join(wrap(f"  {word}  {value!r:.300}") for word, value in
                         [("due ", due), ("came", came)])  # whatever a function has returned
    if isinstance(due, str) or isinstance(came, str):
        if failure.crash is not None:
            return ""  # the exception says more
        lines = [f"  due    {due!r}"[:WIDTH]] if due is not None else []
        if came is not None:
            lines.append(wrap(f"{came[-200:]!r}", "         ").replace("         ", "  came   ", 1))
        return "\n".join(lines)
    due_line, came_line, caret = quote_pair(due, came or b"")
    if due is None:
        return f"  came   {came_line}"
    lines = [f"  due    {due_line}", f"  came   {came_line}"]
    if caret >= 0:
        lines.append("         " + " " * caret + "^ the first difference")
    if due == b"":
        lines[0] = "  due    nothing"
    return "\n".join(lines)


def quote_pair(due: bytes | None, came: bytes) -> tuple[str, str, int]:
    """Return both as quoted bytes, cut to the place where they differ, and its column.

    The column counts in the quoted texts; -1 if they do not differ.
    """
    other = due or b""
    same = 0
    while same < min(len(other), len(came)) and other[same] == came[same]:
        same += 1
    start = same
    while start > max(0, same - 12) and len(_escape(other[start - 1 : same])) <= 16:
        start -= 1
    head = f"… {count(start, 'equal byte')} … " if start else ""

    def quoted(data: bytes) -> str:
        size = f" ({count(len(data), 'byte')})" if len(data) > 12 else ""
        room = WIDTH - len("  came   " + head + "b'' …" + size)
        end = start
        while end < min(len(data), start + 32) and len(_escape(data[start : end + 1])) <= room:
            end += 1
        tail = " …" if end < len(data) else ""
        return f"{head}b'{_escape(data[start:end])}'{tail}{size}"

    column = len(head) + 2 + len(_escape(other[start:same]))
    return quoted(other), quoted(came), column if due is not None and other != came else -1


def _escape(data: bytes) -> str:
    # repr() of bytes changes its quotes when there is a ' inside; the column must not move
    return repr(b'"' + data)[3:-1].replace("\\'", "'") if data else ""
