"""From the tape to a ladder diagram: who sent what to whom, time running downwards.

`rows` finds out which send and which recv belong together, by counting bytes; `text`
draws the rows for a terminal.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass

from .failure import Wait
from .tape import Event, count, show, text_of

OUT = {"connect", "send", "sendall", "sendmsg", "close", "half-close", "reset", "shutdown"}
IN = {"accept", "recv", "recv_into", "receive", "see end", "see reset"}
BY_PYTHON = 1  # as `asked` of a close(): nobody called it
Numbers = dict[tuple, int]  # of connections, by their two ports as the check has them
MANY = 100  # from here on the tape has not kept all of a loop
HIDDEN = {"bind", "kept open"}  # shown only when it fails


@dataclass
class Row:
    """One line of the diagram.  An arrow goes from the sender's cell to the receiver's."""

    time: float
    cells: dict[str, str]  # by party
    lines: dict[str, str]  # where a program's cell is in its source
    sender: str = ""
    receiver: str = ""
    waiting: str = ""  # the party whose cell is a wait that does not end


def rows(events: Sequence[Event], numbers: Numbers | None = None) -> list[Row]:
    """Return the rows of a diagram of `events`, which are in order of time.

    numbers: what each connection of the check is called, if there are several.
    """
    partner = partners(events)
    done: set[int] = set()
    found = []
    for at, event in enumerate(events):
        if at in done or is_hidden(event):
            continue
        row = Row(event.time, {event.who: _numbered(event, numbers)},
                  {event.who: line_of(event)})
        other = partner.get(at)
        if other is not None and other > at and events[other].who != event.who and not any(
                events[n].who == events[other].who and n not in done
                and not is_hidden(events[n]) for n in range(at + 1, other)):
            done.add(other)
            for one in (event, events[other]):
                row.cells[one.who] = say(one) if one.who != "check" else _numbered(one, numbers)
            row.lines[events[other].who] = line_of(events[other])
            ends = (event.who, events[other].who)
            row.sender, row.receiver = ends if event.call in OUT else ends[::-1]
        elif event.call in OUT and not event.note and travels(event):
            row.sender = event.who
        found.append(row)
    return found


def _numbered(event: Event, numbers: Numbers | None) -> str:
    """Words for an event, with the number of its connection in front."""
    number = (numbers or {}).get(event.key[:2]) or (numbers or {}).get(event.key[1::-1])
    return f"[{number}] {say(event)}" if number else say(event)


def fold(found: list[Row]) -> list[Row]:
    """Replace what is repeated again and again (an endless loop) by one row that says so."""
    folded: list[Row] = []
    at = 0
    while at < len(found):
        for period in (1, 2, 3):
            times = 0
            while _same(found, at, at + period * (times + 1), period):
                times += 1
            if times >= 3:
                folded += found[at : at + period]
                who = next(iter(found[at].cells))
                often = f", {times} times" if times <= MANY else " and again"
                folded.append(Row(0.0, {who: f"… the same again{often}"}, {}))
                at += period * (times + 1)
                break
        else:
            folded.append(found[at])
            at += 1
    return folded


def _same(found: list[Row], one: int, two: int, length: int) -> bool:
    """Are two stretches of rows alike?"""
    if two + length > len(found):
        return False
    return all((a.cells, a.lines, a.sender) == (b.cells, b.lines, b.sender) for a, b in
               zip(found[one : one + length], found[two : two + length], strict=True))


def is_hidden(event: Event) -> bool:
    """Is this too much for a diagram?  (Also the traceback that Python prints at the end.)"""
    return (event.call in HIDDEN and not event.note) or (
        event.call == "output" and not event.line)


def partners(events: Sequence[Event]) -> dict[int, int]:
    """Pair each sending event with the receiving one of exactly the same bytes."""
    open_ends: dict[tuple, int] = {}
    offsets: dict[tuple, int] = {}
    pairs: dict[int, int] = {}
    for at, event in enumerate(events):
        if len(event.key) < 2 or not isinstance(event.key[0], int):
            continue
        ours, theirs = event.key[:2]
        sending = event.call in OUT
        direction = (ours, theirs) if sending else (theirs, ours)
        what = kind_of(event)
        start = offsets.get((direction, sending), 0)
        if what == "data":
            offsets[direction, sending] = start + event.size
        mark = (direction, what, start, event.size if what == "data" else 0)
        other = open_ends.pop((*mark, not sending), None)
        if other is None:
            open_ends.setdefault((*mark, sending), at)
        else:
            pairs[at], pairs[other] = other, at
    return pairs


def travels(event: Event) -> bool:
    """Does anything go over the wire?  Not for an empty send or a listening socket."""
    return len(event.key) >= 2 and (event.size > 0 or not event.call.startswith("send"))


def kind_of(event: Event) -> str:
    """Is it about a connection's beginning, its end, or its data?"""
    if event.call in ("connect", "accept"):
        return "open"
    if event.call in ("close", "half-close", "shutdown", "reset", "see end", "see reset"):
        return "end"
    if event.call.startswith("recv") and (event.size == 0 or event.note):
        return "end"
    return "data"


def line_of(event: Event) -> str:
    """The line that did it, with its file if that is not the program's own; "" for none."""
    return _line(event.who, event.file, event.line)


def line_of_wait(who: str, wait: Wait) -> str:
    """The line on which a thread of a program waits."""
    return _line(who, wait[2], wait[3])


def _line(who: str, file: str, line: int) -> str:
    if not line:
        return ""
    return f"line {line}" if file in ("", who) else f"{file}:{line}"


def say(event: Event) -> str:
    """What somebody did, in a few words."""
    data, size = event.data, count(event.size, "byte")
    quoted = show(data, 24) if event.size == len(data) else f"{show(data[:12])} … ({size})"
    call = event.call
    if event.who == "check":
        return {"connect": "connects", "accept": "accepts", "send": f"sends {quoted}",
                "receive": f"gets {quoted}", "half-close": "ends its stream",
                "close": "closes", "reset": "resets the connection",
                "see end": "sees the end", "see reset": "sees a reset"}.get(call, call)
    if call == "crash":
        return f"{'ends' if event.in_main else 'a thread ends'}: {event.note}"
    if call == "connect" and event.note and ":" in str(event.key[:1]):
        # localhost has two addresses on most machines: a client tries one after the other
        refused = event.note == text_of(errno.ECONNREFUSED)
        return f"connect() at {event.key[0]}: {'refused' if refused else event.note}"
    if event.note and call not in ("type", "process"):
        return f"{call}(): {event.note}"
    if call.startswith("recv"):
        got = size if event.size else "b'' (the end)"
        return f"{call}({event.asked if event.asked > 0 else ''}): {got}"
    if call in ("send", "sendall", "sendmsg"):
        short = "" if event.size == event.asked else f": only {event.size:,} taken"
        return f"{call}({count(max(event.asked, 0), 'byte')}){short}"
    if call == "listen":
        return f"listens on port {event.key[1]}"
    if call == "output":
        return f"prints {_text(data)}" if data.strip(b"\n") else "prints an empty line"
    if call == "input":
        return f"reads {_text(data)}" if event.size else "sees the end of input"
    if call == "type":
        return f"[types {_text(data)}]" if event.size else f"[{event.note}]"
    if call == "process":
        return f"starts a process ({event.note})"
    if call in ("outside", "lookup"):
        return f"asks for {event.key[0]}"
    if call == "kept open":
        return "close(): a file of makefile() keeps it open"
    if call == "close" and event.asked == BY_PYTHON:
        return "(Python closes it)"
    return f"{call}()"


def _text(data: bytes) -> str:
    text = data.decode("utf-8", "replace").rstrip("\n")
    return repr(text if len(text) <= 30 else text[:28] + "…")


def say_wait(wait: Wait) -> str:
    """Where a thread waits, in a few words."""
    _, call, _, _, inner, left, _ = wait
    name = inner.rpartition(".")[2] if inner and call not in ("recv", "accept") else call
    name = "sleep" if call == "sleep" else name
    return f"waits in {name}()" + ("" if left is None else " (has a timeout)")


def text(found: list[Row], waits: dict[str, list[Wait]], parties: Sequence[str],
         names: dict[str, str], most: int = 14, before: int = 0) -> list[str]:
    """Draw at most the last `most` rows for 80 columns; `names` are the columns' heads.

    before: how many steps have been left out already.
    """
    found = fold(found)
    for who, threads in waits.items():
        for wait in threads[:4]:
            if wait[1] and wait[1] != "order":
                found = [*found, Row(0.0, {who: say_wait(wait)}, {who: line_of_wait(who, wait)},
                                     waiting=who)]
    cut = max(0, len(found) - most)
    found, cut = found[cut:], cut + before
    if len(parties) != 2:
        return _as_list(found, cut, names)
    left, right = parties
    widths = (27, 43) if left == "check" else (35, 35)  # with the report's margin: 79
    lines = [f"{names[left]:<{widths[0]}}       {names[right]}"]
    if cut:
        lines.append(f"… ({count(cut, 'step')} before)")
    for row in found:
        arrow = "     "
        if row.sender:
            arrow = "───▶ " if row.sender == left else "◀─── "
        cells = [_cell(row, party, width) for party, width in zip(parties, widths, strict=True)]
        lines.append(f"{cells[0]:<{widths[0]}} {arrow} {cells[1]}".rstrip())
    return lines


def _cell(row: Row, party: str, width: int) -> str:
    words = row.cells.get(party, "")
    if not words:
        return ""
    line = row.lines.get(party, "")
    if row.waiting == party:
        words = "■ " + words
    room = width - len(line) - 1
    words = words if len(words) <= room else words[: room - 1] + "…"
    return f"{words:<{room}} {line}" if line else words


def _as_list(found: list[Row], cut: int, names: dict[str, str]) -> list[str]:
    lines = [f"… ({count(cut, 'step')} before)"] if cut else []
    for row in found:
        for party, words in row.cells.items():
            where = f", {row.lines[party]}" if row.lines.get(party) else ""
            mark = "■ " if row.waiting else ""
            lines.append(f"{names.get(party, party)}: {mark}{words}{where}"[:76])
    return lines
