"""A ladder diagram as SVG: time runs downwards, a column for each program.

An arrow goes from each send to every recv that took some of its bytes, and from each end to
who saw it; a dashed one goes to nobody yet.  A bar shows a call that waits and never returns.
Black on white in any theme, no meaning by colour, and all of it as text in <desc>.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from html import escape
from textwrap import wrap

from . import ladder
from .failure import Wait
from .tape import Event, count

STEP, LINE, TOP = 28, 19, 80  # pixels: between rows, between lines of one row, above the first
GAP = 270  # between two columns
FAN = 15  # characters on an arrow, if one send takes several
CHAR, SMALL = 9.7, 9.1  # the width of one character beside a column, on an arrow
WORDS, ROOM = 28, 26  # characters in a line beside a column, on an arrow
LONGEST = 300  # rows; a longer exchange is cut in its middle
THREADS = 8  # waiting threads of one program; the others are counted
FONT = "ui-monospace,Consolas,Menlo,monospace"


@dataclass
class Arrow:
    """Something that travels: `words` are its lines.  Without a receiver, nobody took it."""

    sender: Event
    receiver: Event | None
    words: list[str]


@dataclass
class Step:
    """One row: what somebody did, or (without an event) waits for."""

    who: str
    words: str
    line: str = ""
    event: Event | None = None
    waits: bool = False
    y: int = 0


@dataclass
class Canvas:
    """Where everything is drawn; lines first, words on top of them."""

    columns: dict[str, int]
    side: bool  # words stand left of the first column, too
    steps: list[Step]
    slot: int  # characters for "line 12" and the gap behind it
    bottom: int
    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def svg(events: Sequence[Event], waits: dict[str, list[Wait]], parties: Sequence[str],
        names: dict[str, str], description: str, ended: Collection[str] = ()) -> str:
    """Return the picture.

    description: its text form, for screen readers.  ended: whose column stops with its last
    row, because that program is over.
    """
    steps = _steps(events, waits, parties)
    arrows = [a for a in travels(events) if len(parties) > 1]
    canvas = _layout(steps, arrows, parties)
    for who, x in canvas.columns.items():
        _column(canvas, x, names.get(who, who), [s for s in steps if s.who == who], who in ended)
    heights = {id(step.event): step.y for step in steps if step.event}
    taken: list[tuple[float, float, float, float]] = []
    for arrow in arrows:
        _arrow(canvas, arrow, heights, [a for a in arrows if a.sender is arrow.sender], taken)
    for step in steps:
        _label(canvas, step, parties, names)
    left, right = _width(canvas, parties, names)
    title = "Ladder diagram of " + " and ".join(names.get(who, who) for who in parties)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-left} 0 {left + right} '
            f'{canvas.bottom + 20}" width="{left + right}" height="{canvas.bottom + 20}" '
            f'role="img" aria-label="{escape(title)}" style="max-width:100%;height:auto;'
            f'background:#fff"><title>{escape(title)}</title><desc>{escape(description)}</desc>'
            f'<rect x="{-left}" width="100%" height="100%" fill="#fff"/>'
            f'<g font-family="{FONT}" font-size="16" fill="#000" stroke-width="2">'
            f'{"".join(canvas.lines)}{"".join(canvas.words)}</g></svg>')


# -- what happened --------------------------------------------------------------------------


def travels(events: Sequence[Event]) -> list[Arrow]:
    """All that travelled.  Which bytes a recv took is found by counting: each send and each
    recv covers a range of its stream.
    """
    found = _data(events)
    for at, other in ladder.partners(events).items():
        sender, receiver = events[at], events[other]
        if sender.call not in ladder.OUT or receiver.call in ladder.OUT:
            continue
        what = ladder.kind_of(sender)
        if what == "open":
            found.append(Arrow(sender, receiver, ["connect"]))
        elif what == "end":
            broken = receiver.note or "reset" in (sender.call, receiver.call.removeprefix("see "))
            found.append(Arrow(sender, receiver, ["reset" if broken else "end"]))
    received = {id(arrow.sender) for arrow in found}
    for event in events:
        if id(event) not in received and not event.note and ladder.travels(event):
            if event.call == "connect":
                found.append(Arrow(event, None, ["connect, not accepted"]))
            elif event.call in ladder.OUT and ladder.kind_of(event) == "data":
                found.append(Arrow(event, None, [*payload(event.data, event.size), "not read"]))
    return [a for a in found if a.receiver is None or a.sender.who != a.receiver.who]


def _data(events: Sequence[Event]) -> list[Arrow]:
    sent: dict[tuple, list[tuple[int, int, Event]]] = {}
    taken: dict[tuple, int] = {}
    found = []
    for event in events:
        if event.call in ladder.OUT and event.size and len(event.key) >= 2:
            ranges = sent.setdefault(event.key[:2], [])
            start = ranges[-1][1] if ranges else 0
            ranges.append((start, start + event.size, event))
    for event in events:
        if len(event.key) < 2 or not event.size or not (
                event.call.startswith("recv") or event.call == "receive"):
            continue
        stream = event.key[1::-1]
        start = taken.get(stream, 0)
        stop = taken[stream] = start + event.size
        for low, high, sender in sent.get(stream, ()):
            first, last = max(low, start), min(high, stop)
            if first < last:
                data = sender.data[first - low : last - low] or event.data[first - start :]
                found.append((sender, event, data, last - first))
    pieces = Counter(id(sender) for sender, *_ in found)
    return [Arrow(sender, event, payload(data, size, ROOM if pieces[id(sender)] == 1 else FAN))
            for sender, event, data, size in found]


def payload(data: bytes, size: int, room: int = ROOM) -> list[str]:
    """Show `size` bytes that begin with `data`: as text, if that looks different, and as bytes.

    room: characters in a line.

    >>> payload(b"hello", 5)
    ["b'hello'"]
    """
    data = data[:size]
    shown = repr(data)
    if size > len(data) or len(shown) > room:
        tail = f"… {count(size, 'byte')}"
        keep = len(data)
        while keep and len(repr(data[:keep])) + len(tail) > room:
            keep -= 1
        shown = repr(data[:keep]) + tail if keep > 1 else count(size, "byte")
    try:
        text = repr(data.decode("utf-8", "strict" if size == len(data) else "ignore"))
    except UnicodeDecodeError:
        return [shown]
    if text.isascii():
        return [shown]
    return [text if len(text) <= room else text[: room - 1] + "…", shown]


def _steps(events: Sequence[Event], waits: dict[str, list[Wait]],
           parties: Sequence[str]) -> list[Step]:
    rows = {id(row): (row, event) for event in events if not ladder.is_hidden(event)
            for row in [ladder.Row(event.time, {event.who: ladder.say(event)},
                                   {event.who: ladder.line_of(event)})]}
    steps = []
    for row in ladder.fold([row for row, _ in rows.values()]):
        (who, words), = row.cells.items()
        event = rows[id(row)][1] if id(row) in rows else None
        steps.append(Step(who, words, row.lines.get(who, ""), event))
    if len(steps) > LONGEST:
        cut = Step(steps[0].who, f"… ({count(len(steps) - LONGEST, 'step')} left out)")
        steps = [*steps[: LONGEST // 2], cut, *steps[-LONGEST // 2 :]]
    for who in parties:
        stuck = [w for w in waits.get(who, []) if w[1] and w[1] != "order"]
        steps += [Step(who, ladder.say_wait(w), ladder.line_of_wait(who, w), waits=True)
                  for w in stuck[:THREADS]]
        if len(stuck) > THREADS:
            steps.append(Step(who, f"and {count(len(stuck) - THREADS, 'thread')} more",
                              waits=True))
    return steps


# -- where it stands ------------------------------------------------------------------------


def _layout(steps: list[Step], arrows: list[Arrow], parties: Sequence[str]) -> Canvas:
    """Give each row its height: a row with long words, or two lines on its arrow, has more."""
    above: dict[int, int] = {}
    for arrow in arrows:
        above[id(arrow.sender)] = max(above.get(id(arrow.sender), 1), len(arrow.words))
    y = TOP
    for step in steps:
        y += LINE * (above.get(id(step.event), 1) - 1)
        step.y = y
        y += STEP + LINE * (len(_wrapped(step.words)) - 1)
    columns = {who: at * GAP for at, who in enumerate(parties)}
    slot = 2 + max(6, *(len(step.line) for step in steps))
    return Canvas(columns, len(parties) == 2, steps, slot, y)


def _width(canvas: Canvas, parties: Sequence[str], names: dict[str, str]) -> tuple[int, int]:
    """How far the picture reaches to the left and to the right of the first column."""
    most = {True: 0, False: 0}
    for step in canvas.steps:
        here = canvas.side and step.who == parties[0]
        name = len(names.get(step.who, step.who)) + 2 if len(parties) > 2 else 0
        most[here] = max(most[here], name + max(map(len, _wrapped(step.words))))
    heads = max(len(names.get(who, who)) for who in parties) * 11 // 2
    left = 20 + max(heads, int((most[True] + canvas.slot) * CHAR) if canvas.side else 0)
    right = 30 + max(heads, int((most[False] + canvas.slot) * CHAR))
    return left, right + (len(parties) - 1) * GAP


def _wrapped(words: str) -> list[str]:
    if len(words) <= WORDS + 4:  # rather a little longer than a line with one word
        return [words]
    lines = wrap(words, WORDS, drop_whitespace=False, break_on_hyphens=False)
    if len(lines) > 2:
        lines = [lines[0], lines[1][: WORDS - 1] + "…"]
    return [line.rstrip() for line in lines]


# -- drawing --------------------------------------------------------------------------------


def _text(x: float, y: float, words: str, anchor: str = "start", more: str = "") -> str:
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" xml:space="preserve"'
            f'{more}>{escape(words)}</text>')


def _line(x1: float, y1: float, x2: float, y2: float, more: str = "") -> str:
    return (f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="#000"'
            f'{more}/>')


def _column(canvas: Canvas, x: int, name: str, steps: list[Step], ended: bool) -> None:
    """A name, the line of a life, and the bar from the first call that waits."""
    canvas.words.append(_text(x, 30, name, "middle", ' font-size="18" font-weight="bold"'))
    stop = (steps[-1].y + STEP // 2 if steps else 60) if ended else canvas.bottom
    canvas.lines.append(_line(x, 44, x, stop, ' stroke-width="1.5"'))
    if ended:
        canvas.lines.append(_line(x - 12, stop, x + 12, stop, ' stroke-width="3"'))
    waiting = [step.y for step in steps if step.waits]
    if waiting:
        top, height = waiting[0] - 13, canvas.bottom - waiting[0] + 13
        canvas.lines.append(
            f'<rect x="{x - 7}" y="{top}" width="14" height="{height}" fill="#fff" '
            'stroke="#000"/>' + _line(x, top + 3, x, top + height - 1,
                                      ' stroke-width="12" stroke-dasharray="3 5"'))


def _label(canvas: Canvas, step: Step, parties: Sequence[str], names: dict[str, str]) -> None:
    """The line's number next to the column, the words next to it."""
    left = canvas.side and step.who == parties[0]
    toward, anchor = (-1, "end") if left else (1, "start")
    at = canvas.columns[step.who] if canvas.side else max(canvas.columns.values())
    bold = ' font-weight="bold"' if step.waits else ""
    x, y = at + 16 * toward, step.y + 5
    if step.line:
        canvas.words.append(_text(x, y, step.line, anchor, bold))
    name = f"{names.get(step.who, step.who)}: " if len(parties) > 2 else ""
    for row, words in enumerate(_wrapped(step.words)):
        canvas.words.append(_text(x + canvas.slot * CHAR * toward, y + row * LINE,
                                  words if row else name + words, anchor, bold))
    if not canvas.side and not step.waits:  # who it was
        canvas.lines.append(f'<circle cx="{canvas.columns[step.who]}" cy="{step.y}" r="4"/>')


def _arrow(canvas: Canvas, arrow: Arrow, heights: dict[int, int], siblings: list[Arrow],
           taken: list[tuple[float, float, float, float]]) -> None:
    """A line with a tip; its words near the sender, or near the tip if there are several."""
    sender, receiver = arrow.sender, arrow.receiver
    if id(sender) not in heights or receiver and id(receiver) not in heights:
        return  # a row that was left out
    x1, y1 = canvas.columns[sender.who], heights[id(sender)]
    if receiver:
        x2, y2 = canvas.columns[receiver.who], max(heights[id(receiver)], y1)
    else:
        others = [x for x in canvas.columns.values() if x != x1]
        x2, y2 = (x1 + min(others, key=lambda x: abs(x - x1))) // 2, y1 + 10
    toward = 1 if x2 > x1 else -1
    x1, x2 = x1 + 5 * toward, x2 - 5 * toward
    canvas.lines.append(_line(x1, y1, x2, y2, "" if receiver else ' stroke-dasharray="6 5"'))
    if receiver:
        canvas.lines.append(_tip(x1, y1, x2, y2))
    width = max(map(len, arrow.words)) * SMALL
    height = LINE * (len(arrow.words) - 1)
    near = (x1 + 6 * toward, y1 - 6 - height, "start" if toward > 0 else "end")
    middle = x2 - toward * (22 + width / 2)  # on the line, which its white rim interrupts
    far = (middle, y2 + (middle - x2) * (y2 - y1) / (x2 - x1) + 5 - height / 2, "middle")
    for x, y, anchor in [near, far] if len(siblings) == 1 else [far, near]:
        start = x - width * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        box = (start, y - 12, start + width, y + height + 2)
        if not any(_overlap(box, other) for other in taken):
            break
    taken.append(box)
    rim = ' font-size="15" paint-order="stroke" stroke="#fff" stroke-width="6"'
    canvas.words += [_text(x, y + LINE * row, words, anchor, rim)
                     for row, words in enumerate(arrow.words)]


def _overlap(one: tuple[float, float, float, float],
             two: tuple[float, float, float, float]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _tip(x1: float, y1: float, x2: float, y2: float) -> str:
    """A triangle at the second point."""
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    corners = [(x2, y2), (x2 - 13 * dx + 5 * dy, y2 - 13 * dy - 5 * dx),
               (x2 - 13 * dx - 5 * dy, y2 - 13 * dy + 5 * dx)]
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>'
