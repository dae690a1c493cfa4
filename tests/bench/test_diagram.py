"""The picture: each program has a column, each segment an arrow, each endless wait a bar."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from socklab import diagram
from socklab.diagram import FAN, ROOM, payload
from socklab.tape import Event

A, B = (10, 20), (20, 10)  # the two ends of a connection
SVG = "{http://www.w3.org/2000/svg}"
WAIT = ("main", "recv", "s.py", 12, "", None, ())
NAMES = {"c.py": "c.py", "s.py": "s.py", "check": "the bench"}


def events(*rows: tuple) -> list[Event]:
    """Each row: (who, call, key, data) and, if it failed, the error."""
    return [Event(float(at), who, call, who, at + 1, key=key, size=len(data), data=data[:400],
                  asked=len(data), note=note[0] if note else "")
            for at, (who, call, key, data, *note) in enumerate(rows)]


def travels(*rows: tuple) -> list[tuple[int, int | None, list[str]]]:
    """The arrows: the row that sends, the row that receives, the words."""
    found = events(*rows)
    return sorted((found.index(a.sender), None if a.receiver is None else found.index(a.receiver),
                   a.words) for a in diagram.travels(found))


def draw(found: list[Event], waits: dict[str, list] | None = None,
         parties: tuple[str, ...] = ("c.py", "s.py"), **options: Any) -> ET.Element:
    return ET.fromstring(diagram.svg(found, waits or {}, parties, NAMES, "<as text>", **options))


def words(picture: ET.Element) -> list[str]:
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


OPEN = [("c.py", "connect", A, b""), ("s.py", "accept", B, b"")]


# -- what travels -----------------------------------------------------------------------------


def test_a_connection_its_bytes_and_its_end() -> None:
    assert travels(*OPEN, ("c.py", "send", A, b"hello"), ("s.py", "recv", B, b"hello"),
                   ("c.py", "close", A, b""), ("s.py", "recv", B, b"")) == [
        (0, 1, ["connect"]), (2, 3, ["b'hello'"]), (4, 5, ["end"])]


def test_two_sends_one_recv_and_one_send_two_recvs() -> None:
    assert travels(("c.py", "send", A, b"one"), ("c.py", "send", A, b"two"),
                   ("s.py", "recv", B, b"onetwo")) == [(0, 2, ["b'one'"]), (1, 2, ["b'two'"])]
    assert travels(("c.py", "send", A, b"onetwo"), ("s.py", "recv", B, b"onet"),
                   ("s.py", "recv", B, b"wo")) == [(0, 1, ["b'onet'"]), (0, 2, ["b'wo'"])]


def test_bytes_behind_the_first_ones_are_those_that_the_receiver_saw() -> None:
    """The tape holds the first 400 bytes of each call."""
    data = b"a" * 1000 + b"end"
    found = travels(("c.py", "send", A, data), ("s.py", "recv", B, data[:1000]),
                    ("s.py", "recv", B, data[1000:]))
    assert [w for _, _, w in found] == [["1,000 bytes"], ["b'end'"]]


def test_what_nobody_took() -> None:
    assert travels(("c.py", "connect", A, b""), ("c.py", "send", A, b"hello")) == [
        (0, None, ["connect, not accepted"]), (1, None, ["b'hello'", "not read"])]


def test_what_did_not_travel_has_no_arrow() -> None:
    assert travels(("c.py", "connect", (), b"", "ConnectionRefusedError")) == []
    assert travels(*OPEN, ("c.py", "sendall", A, b""))[1:] == []


@pytest.mark.parametrize("rows", [
    [("check", "reset", A, b""), ("s.py", "recv", B, b"", "ConnectionResetError")],
    [("s.py", "close", B, b""), ("check", "see reset", A, b"")],
])
def test_a_reset_is_named(rows: list[tuple]) -> None:
    assert travels(*rows) == [(0, 1, ["reset"])]


# -- words on an arrow ------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "size", "shown"), [
    (b"hello", 5, ["b'hello'"]),
    ("Zoë".encode(), 4, ["'Zoë'", "b'Zo\\xc3\\xab'"]),
    (b"\x00\x00\x00\x02ok", 6, ["b'\\x00\\x00\\x00\\x02ok'"]),
    (b"\xff", 1, ["b'\\xff'"]),
    (b"x" * 400, 3000, ["b'xxxxxxxxxx'… 3,000 bytes"]),
    ("ü".encode()[:1], 1, ["b'\\xc3'"]),
    (b"", 7, ["7 bytes"]),
])
def test_bytes_and_text_are_both_shown(data: bytes, size: int, shown: list[str]) -> None:
    assert payload(data, size) == shown


@pytest.mark.parametrize("room", [ROOM, FAN])
@pytest.mark.parametrize("data", [
    b"x" * 399, b"\x00" * 100, "Grüezi mitenand! ".encode() * 20, "ü".encode() * 200,
], ids=["plain", "zeros", "mixed", "umlauts"])
def test_long_data_is_shortened_to_the_room(data: bytes, room: int) -> None:
    for size in (1, 13, 26, 40, len(data), 1_000_000):
        lines = payload(data[:size], size, room)
        assert all(0 < len(line) <= room for line in lines), lines


# -- the picture ------------------------------------------------------------------------------


def test_the_picture_of_a_talk() -> None:
    found = events(*OPEN, ("c.py", "sendall", A, "Zoë".encode()),
                   ("s.py", "recv", B, "Zoë".encode()))
    picture = draw(found, {"s.py": [WAIT]}, ended=["c.py"])
    shown = words(picture)
    for due in ("c.py", "s.py", "connect", "'Zoë'", "b'Zo\\xc3\\xab'", "connect()", "accept()",
                "sendall(4 bytes)", "line 3", "waits in recv()", "line 12"):
        assert due in shown, due
    assert len(list(picture.iter(f"{SVG}polygon"))) == 2  # the tips
    bars = [e for e in picture.iter(f"{SVG}rect") if e.get("stroke")]
    assert len(bars) == 1


def test_it_is_read_aloud() -> None:
    picture = draw(events(*OPEN))
    assert picture.get("role") == "img"
    assert picture.get("aria-label") == "Ladder diagram of c.py and s.py"
    title, desc = picture[0], picture[1]
    assert (title.tag, desc.tag, desc.text) == (f"{SVG}title", f"{SVG}desc", "<as text>")


def test_it_needs_no_colour_and_nothing_of_the_page() -> None:
    """Black on white, whatever the theme; no style or id that another picture could meet."""
    text = diagram.svg(events(*OPEN), {"s.py": [WAIT]}, ("c.py", "s.py"), NAMES, "")
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", text)) == {"#000", "#fff"}
    assert 'height="100%" fill="#fff"' in text
    assert not re.search(r"<style|\bid=|class=|url\(", text)


def test_time_runs_downwards_and_each_program_has_its_side() -> None:
    found = events(*OPEN, *[("c.py", "send", A, b"%d" % n) for n in range(5)])
    picture = draw(found)
    rows = [e for e in picture.iter(f"{SVG}text") if (e.text or "").startswith(
        ("connect()", "accept()", "send("))]
    heights = [float(e.get("y") or 0) for e in rows]
    assert heights == sorted(heights) and len(set(heights)) == 7
    assert [e.get("text-anchor") for e in rows[:2]] == ["end", "start"]


def boxes(picture: ET.Element) -> list[tuple[float, float, float, float]]:
    """Where each text is, seen roughly."""
    found = []
    for element in picture.iter(f"{SVG}text"):
        size = float(element.get("font-size") or 16)
        width = len(element.text or "") * size * 0.6
        x, y = float(element.get("x") or 0), float(element.get("y") or 0)
        x -= {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor") or ""] * width
        found.append((x, y - size * 0.7, x + width, y))
    return found


LONG = b"a long message of more than forty bytes, really"


@pytest.mark.parametrize("rows", [
    [*OPEN, ("c.py", "sendall", A, b"one"), ("c.py", "sendall", A, b"two"),
     ("s.py", "recv", B, b"onetwo"), ("s.py", "output", (), LONG), ("s.py", "output", (), LONG)],
    [*OPEN, ("c.py", "sendall", A, LONG), *[("s.py", "recv", B, LONG[n : n + 9])
                                             for n in range(0, len(LONG), 9)]],
    [*OPEN, *[("s.py", "sendall", B, "Grüße".encode())] * 2, ("c.py", "output", (), LONG),
     *[("c.py", "recv", A, "Grüße".encode())] * 2],
])
def test_no_words_lie_on_others_or_outside(rows: list[tuple]) -> None:
    picture = draw(events(*rows), {"c.py": [WAIT], "s.py": [WAIT] * 3})
    found = boxes(picture)
    for at, one in enumerate(found):
        for two in found[at + 1 :]:
            assert not (one[0] < two[2] and two[0] < one[2] and one[1] < two[3]
                        and two[1] < one[3]), (words(picture)[at], one, two)
    left, top, width, height = map(float, (picture.get("viewBox") or "").split())
    assert all(left <= x1 and x2 <= left + width and top <= y1 and y2 <= top + height
               for x1, y1, x2, y2 in found)
    assert width <= 1100, "it must be legible on a page of 900 pixels"


def test_who_has_ended_has_no_column_any_more() -> None:
    found = events(*OPEN, *[("s.py", "output", (), b"hi\n")] * 2)

    def length(ended: list[str]) -> float:
        picture = draw(found, ended=ended)
        return max(float(e.get("y2") or 0) for e in picture.iter(f"{SVG}line")
                   if e.get("x1") == e.get("x2") == "0")

    assert length(["c.py"]) < length([])


def test_an_endless_loop_is_folded_and_a_long_talk_is_cut() -> None:
    spinning = events(*OPEN, *[("s.py", "recv", B, b"")] * 500)
    for event in spinning:
        event.line = 7
    assert "… the same again and again" in words(draw(spinning))
    talk = events(*OPEN, *[row for n in range(1000) for row in (
        ("c.py", "send", A, b"%d" % n), ("s.py", "recv", B, b"%d" % n))])
    shown = words(draw(talk))
    assert "… (1,702 steps left out)" in shown
    assert "b'0'" in shown and "b'999'" in shown and "b'500'" not in shown


def test_fifty_threads_that_wait_are_counted() -> None:
    shown = words(draw(events(*OPEN), {"s.py": [WAIT] * 50}))
    assert shown.count("waits in recv()") == diagram.THREADS and "and 42 threads more" in shown


def test_one_program_alone_and_three_together() -> None:
    alone = words(draw(events(("s.py", "output", (), b"hi\n")), parties=("s.py",)))
    assert alone == ["s.py", "line 1", "prints 'hi'"]
    three = draw(events(*OPEN, ("check", "connect", (11, 20), b""),
                        ("s.py", "accept", (20, 11), b"")), parties=("c.py", "check", "s.py"))
    assert {"c.py: connect()", "the bench: connects", "s.py: accept()"} <= set(words(three))
    assert len(list(three.iter(f"{SVG}polygon"))) == 2
