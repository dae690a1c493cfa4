"""The states of a protocol and its transcripts as SVG, black on white, and as text.

The states stand below one another; all arrows leave and enter on the right, each in a
lane of its own, so no words can lie on one another.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..diagram import FONT
from .spec import CLIENT, NOTHING, Protocol
from .transcripts import Line, Transcript

LETTER, ROW, PAD, LANE = 9.1, 21, 13, 18  # pixels: a letter, a row of text, margins, a lane
COLUMN, STEP, WIDEST = 350, 38, 37  # of a ladder; WIDEST: letters over an arrow
_LINE = 'fill="none" stroke="#000"'
_CAUSES = {"unreadable": "line too long", "otherwise": "other line", "end": "(ends)"}

Edge = tuple[str, str]


def edges(p: Protocol) -> dict[Edge, list[str]]:
    """What leads from each state to which: (from, to) -> "said / answer"."""
    found: dict[Edge, list[str]] = {}
    for name in _order(p):
        for cause, answer in p.steps(p.states[name]):
            if answer in (p.otherwise, p.unreadable) and cause in ("otherwise", "unreadable"):
                continue  # the same everywhere: see _everywhere
            said = _CAUSES.get(cause, cause)
            reply = "" if answer.message == NOTHING else str(answer)
            words = f"{said} / {reply}" if reply and said else said or f"/ {reply}"
            found.setdefault((name, answer.to or name), []).append(words)
    return found


def _order(p: Protocol) -> list[str]:
    """The states as they are reached, final ones last."""
    names = p.reached + [name for name in p.states if name not in p.reached]
    return sorted(names, key=lambda name: p.states[name].final)


def _everywhere(p: Protocol) -> list[str]:
    """What comes in every state that says nothing else about it."""
    return [f"unless said above: {_CAUSES[cause]} / {answer} -> {answer.to}".removesuffix(" -> ")
            for cause, answer in (("otherwise", p.otherwise), ("unreadable", p.unreadable))
            if answer] + ["what the client says / what it hears"]


def states_as_text(p: Protocol) -> str:
    """The state machine in lines."""
    rows = [f"start -> {p.start}"]
    for (name, to), words in edges(p).items():
        rows += [f"{name} -> {to}: {word}" if to != name else f"{name} stays: {word}"
                 for word in words]
    rows += [f"{name} is final" for name, state in p.states.items() if state.final]
    return "\n".join(rows + _everywhere(p))


def states_as_svg(p: Protocol) -> str:
    """The state machine as a picture: a box for each state, final ones with two frames."""
    found = edges(p)
    stays = {name: _grouped(found.pop((name, name), [])) for name in _order(p)}
    out = {name: [edge for edge in found if edge[0] == name] for name in _order(p)}
    width = max(len(row) for name in stays for row in (name, *stays[name])) * LETTER + 2 * PAD
    left, right = 50.0, 50.0 + width
    words = max((len(word) for row in found.values() for word in row), default=0)
    first_lane = right + 2 * PAD + words * LETTER
    lanes = {edge: first_lane + at * LANE for at, edge in enumerate(sorted(
        found, key=lambda e: abs(_order(p).index(e[0]) - _order(p).index(e[1]))))}
    boxes, entries, exits, y = [], {}, {}, 30.0
    for name in _order(p):
        entries[name], port = y + 16, y + 24
        for edge in out[name]:
            port += ROW * len(found[edge]) + 6
            exits[edge] = port
        height = max(port - y + 10, (len(stays[name]) + 1) * ROW + PAD)
        boxes.append(_box(name, stays[name], left, y, width, height, p.states[name].final))
        y += height + 26
    arrows = [_lane(right, exits[edge], lanes[edge], entries[edge[1]], found[edge])
              for edge in found]
    begin = entries[p.start]
    start = f'<circle cx="16" cy="{begin:g}" r="7"/>' + _arrow(f"M16 {begin:g}", left, begin, 1)
    notes = [_text(left, y + ROW * at, row) for at, row in enumerate(_everywhere(p))]
    y += ROW * len(notes)
    total = max(first_lane + len(lanes) * LANE,
                *(left + len(row) * LETTER for row in _everywhere(p)), 0) + PAD
    return _svg(total, y, f"The states of {p.name}", states_as_text(p),
                [start, *boxes, *arrows, *notes])


def _grouped(words: list[str]) -> list[str]:
    """What keeps a state, one row for each thing said: "hello / error name, error full"."""
    rows: dict[str, list[str]] = {}
    for word in words:
        said, _, answer = word.partition("/")
        rows.setdefault(said.strip(), []).append(answer.strip() or NOTHING)
    found: list[str] = []
    for said, answers in rows.items():
        row = f"{said} /" if said else "/"
        for answer in answers if answers != [NOTHING] else []:
            if len(row) + len(answer) > 44:
                found.append(row)
                row = "   "
            row += f" {answer}," if answer != answers[-1] else f" {answer}"
        found.append(row.removesuffix(" /") if row != "/" else row)
    return found


def _box(name: str, rows: Iterable[str], x: float, y: float, width: float, height: float,
         final: bool) -> str:
    frames = "".join(f'<rect x="{x + gap:g}" y="{y + gap:g}" width="{width - 2 * gap:g}" '
        f'height="{height - 2 * gap:g}" rx="{9 - gap}" {_LINE}/>' for gap in (0, 4)[: 1 + final])
    return frames + _text(x + PAD, y + 21, name, bold=True) + "".join(
        _text(x + PAD, y + 21 + ROW * at, row) for at, row in enumerate(rows, 1))


def _lane(right: float, y1: float, lane: float, y2: float, words: list[str]) -> str:
    """An arrow: out of a box, along its lane, into a box; its words above the way out."""
    return _arrow(f"M{right:g} {y1:g}H{lane:g}V{y2:g}", right, y2, -1) + "".join(
        _text(right + PAD, y1 - 5 - ROW * at, word) for at, word in enumerate(reversed(words)))


def _arrow(path: str, x: float, y: float, toward: int, dashes: str = "") -> str:
    """A line that goes on to x, y and ends there with its tip; toward: 1 is to the right."""
    back = x - 11 * toward
    return (f'<path d="{path}H{back:g}" {_LINE}{dashes}/><polygon points="{x:g},{y:g} '
            f'{back:g},{y - 5:g} {back:g},{y + 5:g}"/>')


def _text(x: float, y: float, words: str, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (f'<text x="{x:g}" y="{y:g}"{weight} text-anchor="{anchor}" '
            f'xml:space="preserve">{escape(words)}</text>')


def _svg(width: float, height: float, title: str, description: str, parts: list[str]) -> str:
    """The whole picture.  No style and no id: a page may have several of them."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" aria-label="{escape(title)}" '
        f'style="max-width:100%;height:auto;background:#fff"><title>{escape(title)}</title>'
        f'<desc>{escape(description)}</desc><rect width="100%" height="100%" fill="#fff"/>'
        f'<g font-family="{FONT}" font-size="15" fill="#000" stroke-width="1.6">'
        + "".join(parts) + "</g></svg>")


# -- ladders --------------------------------------------------------------------------------


def transcript_as_text(transcript: Transcript) -> str:
    """A transcript as its file has it, without comments."""
    return "\n".join(map(written, transcript.lines))


def written(line: Line) -> str:
    """A line of a transcript as its file has it."""
    head = line.sender[0].upper() + (f" {line.who}" if line.who else "")
    return f"{head} {line.act}" if line.text is None else f"{head}: {line.text}"


def transcript_as_svg(transcript: Transcript) -> str:
    """A transcript as a ladder: time runs downwards, the server is the second column."""
    clients = transcript.clients
    names = [clients[0], "", *clients[1:]] if clients else [""]
    columns = {who: 90 + COLUMN * at for at, who in enumerate(names) if at != 1}
    server = 90 + COLUMN
    bottom = 56 + STEP * len(transcript.lines) + 10
    parts = []
    for words, x in [*((who or "client", x) for who, x in columns.items()), ("server", server)]:
        parts.append(_text(x, 24, words, bold=True, anchor="middle"))
        parts.append(f'<path d="M{x} 34V{bottom}" {_LINE}/>')
    for at, line in enumerate(transcript.lines):
        y, x = 72 + STEP * at, columns[line.who]
        begin, end = (x, server) if line.sender == CLIENT else (server, x)
        toward = 1 if end > begin else -1
        dashes = ' stroke-dasharray="5 4"' if line.text is None else ""
        parts.append(_arrow(f"M{begin} {y}", end - toward, y, toward, dashes))
        words = line.act if line.text is None else line.text
        words = words if len(words) <= WIDEST else words[: WIDEST - 1] + "…"
        beside = server if abs(end - begin) > COLUMN and begin == server else begin
        middle = (beside + (beside + COLUMN * toward)) // 2
        parts.append(_text(middle, y - 8, words, anchor="middle"))
    width = max([*columns.values(), server]) + 90
    return _svg(width, bottom + 10, transcript.file, transcript_as_text(transcript), parts)
