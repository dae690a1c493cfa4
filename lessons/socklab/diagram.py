"""A ladder diagram as SVG: time runs downwards, a column for each program.

An arrow goes from each send to every recv that took some of its bytes; a bar shows a
call that waits and never returns.  Black on white, no meaning by colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .failure import Wait
from .ladder import OUT, is_hidden, say, say_wait
from .tape import Event, count, show

STEP, TOP, GAP = 26, 54, 250  # pixels: between rows, above the first, between columns
SIDE = 390  # room for words left and right of the columns
WORDS = 44  # characters in it
LONGEST = 400  # rows; a longer exchange is cut in its middle


def svg(events: Sequence[Event], waits: dict[str, list[Wait]], parties: Sequence[str],
        names: dict[str, str], description: str) -> str:
    """Return the picture.  `description` is its text form, for screen readers."""
    shown = [e for e in events if not is_hidden(e)]
    if len(shown) > LONGEST:
        shown = shown[: LONGEST // 2] + shown[-LONGEST // 2 :]
    columns = {who: SIDE + at * GAP for at, who in enumerate(parties)}
    heights = {id(e): TOP + 20 + at * STEP for at, e in enumerate(shown)}
    stuck = [(who, wait) for who, threads in waits.items() for wait in threads
             if wait[1] and wait[1] != "order" and who in columns]
    bottom = TOP + 20 + (len(shown) + len(stuck)) * STEP
    width = 2 * SIDE + (len(parties) - 1) * GAP if len(parties) > 1 else 2 * SIDE
    parts = [_head(width, bottom + 16, description)]
    for who, x in columns.items():
        parts.append(f'<text x="{x}" y="24" class="h" text-anchor="middle">'
                     f"{escape(names.get(who, who))}</text>"
                     f'<line x1="{x}" y1="36" x2="{x}" y2="{bottom}" class="life"/>')
    parts += _arrows(shown, columns, heights)
    for event in shown:
        y = heights[id(event)]
        parts.append(_label(parties, columns, event.who, y, say(event), event.line))
    for at, (who, wait) in enumerate(stuck):
        y = TOP + 20 + (len(shown) + at) * STEP
        x = columns[who]
        parts.append(f'<rect x="{x - 6}" y="{y - 12}" width="12" height="{bottom - y + 12}" '
                     'class="bar"/>')
        parts.append(_label(parties, columns, who, y, say_wait(wait), wait[3], "w"))
    parts.append("</svg>")
    return "".join(parts)


def _head(width: int, height: int, description: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" style="max-width:100%;height:auto;'
        'background:#fff"><title>Ladder diagram</title>'
        f"<desc>{escape(description)}</desc><defs>"
        '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        'markerHeight="8" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z"/></marker>'
        '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/>'
        '<line x1="0" y1="0" x2="0" y2="6" stroke="#000" stroke-width="3"/></pattern></defs>'
        "<style>text{font:14px ui-monospace,Consolas,Menlo,monospace;fill:#000}"
        ".h{font-weight:bold;font-size:16px}.w{font-weight:bold}"
        ".life{stroke:#888;stroke-width:2}.arrow{stroke:#000;stroke-width:1.6;fill:none}"
        ".bytes{font-size:12.5px;paint-order:stroke;stroke:#fff;stroke-width:4px}.bar{fill:url(#hatch);stroke:#000}</style>"
    )


def _label(parties: Sequence[str], columns: dict[str, int], who: str, y: int, words: str,
           line: int, style: str = "") -> str:
    """Words beside a column: left of the first one, right of the others."""
    left = len(parties) > 1 and who == parties[0]
    x = columns.get(who, SIDE) + (-12 if left else 12)
    anchor = "end" if left else "start"
    where = f"  line {line}" if line else ""
    room = WORDS - len(where)
    words = (words if len(words) <= room else words[: room - 1] + "…") + where
    return (f'<text x="{x}" y="{y + 5}" text-anchor="{anchor}" class="{style}" '
            f'xml:space="preserve">{escape(words)}</text>')


def _arrows(events: Sequence[Event], columns: dict[str, int],
            heights: dict[int, int]) -> list[str]:
    parts = []
    for sender, receiver, data in connections(events):
        x1, y1 = columns[sender.who], heights[id(sender)]
        x2, y2 = columns[receiver.who], max(heights[id(receiver)], heights[id(sender)])
        toward = 1 if x2 > x1 else -1
        parts.append(f'<line x1="{x1 + 4 * toward}" y1="{y1}" x2="{x2 - 4 * toward}" y2="{y2}" '
                     'class="arrow" marker-end="url(#tip)"/>')
        if data:
            parts.append(f'<text x="{(x1 + x2) // 2}" y="{(y1 + y2) // 2 - 4}" class="bytes" '
                         f'text-anchor="middle">{escape(data)}</text>')
    return parts


def connections(events: Sequence[Event]) -> list[tuple[Event, Event, str]]:
    """Return (sender, receiver, the bytes in words) for all bytes that arrived.

    Which bytes a recv took is found by counting: each send and each recv covers a range
    of its stream.
    """
    sent: dict[tuple, list[tuple[int, int, Event]]] = {}
    taken: dict[tuple, int] = {}
    found = []
    opened = {e.key[:2]: e for e in events if e.call == "connect" and not e.note}
    for event in events:
        if event.call in OUT and event.size and len(event.key) >= 2:
            ranges = sent.setdefault(event.key[:2], [])
            start = ranges[-1][1] if ranges else 0
            ranges.append((start, start + event.size, event))
    for event in events:
        stream = event.key[1::-1] if len(event.key) >= 2 else ()
        if event.call == "accept" and stream in opened:
            found.append((opened[stream], event, "connect"))
        elif (event.call.startswith("recv") or event.call == "receive") and event.size:
            start = taken.get(stream, 0)
            stop = taken[stream] = start + event.size
            for low, high, sender in sent.get(stream, ()):
                size = min(high, stop) - max(low, start)
                if size > 0 and sender.who != event.who:
                    whole = size == sender.size and size <= len(sender.data)
                    words = show(sender.data, 22) if whole and size <= 22 else \
                        count(size, "byte")
                    found.append((sender, event, words))
    return found
