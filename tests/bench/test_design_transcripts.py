"""Transcripts: what the protocol allows is possible, and nothing else; said to a server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from grading import KIT, grade
from socklab.design.checks import _free, _same
from socklab.design.spec import load
from socklab.design.transcripts import Line, Transcript, _read, possible

OXO = KIT / "solutions" / "10"
PARLEY = KIT / "lessons" / "10" / "parley"
GAME = ["C a: hello oxo/1 a", "S a: wait", "C b: hello oxo/1 b", "S b: game o a",
        "S a: game x b"]
ROOM = ["C a: hello parley/1 a", "S a: welcome a", "C b: hello parley/1 b", "S b: welcome b",
        "S a: joined b"]


def first_wrong(folder: Path, lines: list[str], scratch: Path) -> tuple[int, str]:
    """The line that is not possible, and what is said about it; 0 if there is none."""
    path = scratch / "talk.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = list(possible(load(folder), _read(path)))
    return (found[0].line, found[0].what) if found else (0, "")


@pytest.mark.parametrize("lines", [
    [],
    GAME,
    ["C a: dance", "S a: error command x"],
    ["C a: hello oxo/9 a", "S a: error version x", "C a: bye", "S a ends"],
    ["C a: hello oxo/1 " + "a" * 100, "S a: error line x", "S a ends"],
    [*GAME, "C a: move 1", "S b: moved 1", "S a: ok"],  # whoever is told first
    ["C a connects", *GAME],
    [*GAME, "C a ends", "S b: left", "S b ends", "S a ends"],
    [*GAME, "C a: bye", "S b: left", "S a ends"],
    ["C a sends 101 bytes", "S a: error line x", "S a ends"],
    [*GAME, "C b: move 1", "S b: error turn x", "C a: move 1", "S a: ok", "S b: moved 1"],
])
def test_possible_games(lines: list[str], tmp_path: Path) -> None:
    assert first_wrong(OXO, lines, tmp_path) == (0, "")


@pytest.mark.parametrize(("lines", "number", "words"), [
    (["S a: wait"], 1, "no answer is due"),
    (["C a: dance", "S a: wait"], 2, "the answer to `dance` is `error command`"),
    (["C a: hello oxo/1 a", "C a: bye"], 2, "has not heard the answer"),
    (["C a: hello oxo/9 a", "S a: wait"], 2, "is `error version`"),
    (["C a: hello oxo/1 a", "S a: welcome"], 2, "the form of no message of the server"),
    (["C a: hello oxo/1 a", "S a: error taken x"], 2, "the answer to"),
    (["C a: hello oxo/1 a", "S a: wait", "S a ends"], 3, "is no final state"),
    (["C a: hello oxo/1 a", "S a ends"], 2, "still waits for the answer"),
    (["C a: bye", "S a ends", "C a: bye"], 3, "is closed"),
    (["C a ends", "S a: wait"], 2, "is closed"),
    (["C a: bye", "S a ends", "S a ends"], 3, "has closed the connection of a already"),
    ([*GAME, "C a: move 1", "S a: ok", "S a: moved 1"], 8, "another client's `move`"),
    ([*GAME, "C a connects"], 6, "a is connected already"),
    ([*GAME, "S b: moved 1"], 6, "nothing has happened that brings it about: another client's"),
    ([*GAME, "C a: move 1", "S a: ok", "C a: move 2", "S a: ok"], 9, "is `error turn`"),
    (["C a: hello oxo/1 a", "S a: wiat"], 2, "no message of the server. Is `wait` meant?"),
    (["C a: dance", "S a: error comand x"], 2, "has no `comand`. Is `command` meant?"),
    (["C a: dance", "S a: error command"], 2, "Is `error CODE WHY` meant?"),
    (["C a: dance", "S a: error nope x"], 2, "has no `nope`. There are: `line`, "),
    ([*GAME, "S b: won"], 6, "can come unasked"),
    ([*GAME, "S a: won"], 6, "in `turn` only `left` can come unasked"),
    ([*GAME, "C a: move 1"], 6, "still waits: `move 1` has an answer"),
])
def test_impossible_games(lines: list[str], number: int, words: str, tmp_path: Path) -> None:
    found = first_wrong(OXO, lines, tmp_path)
    assert found[0] == number and words in found[1], found


@pytest.mark.parametrize("lines", [
    [*ROOM, "C a: to b x", "S b: told a x", "C a: to z x", "S a: error nobody x"],
    [*ROOM, "C a: say x", "C b: say y", "S a: said b y", "S b: said a x"],  # no order promised
    [*ROOM, "C a: who", "S a: left b", "S a: here a"][:6] + ["S a: here a b"],
    ["C a: hello parley/1", "S a: error name x", "C a: hello", "S a: error version x"],
    ["C a: say x", "S a: error state x", "C a ends"],
])
def test_possible_rooms(lines: list[str], tmp_path: Path) -> None:
    assert first_wrong(PARLEY, lines, tmp_path) == (0, "")


def test_impossible_rooms(tmp_path: Path) -> None:
    assert first_wrong(PARLEY, [*ROOM, "S a: left b"], tmp_path)[0] == 6
    assert first_wrong(PARLEY, [*ROOM, "C a: who", "C a: who"], tmp_path)[0] == 7
    assert first_wrong(PARLEY, [*ROOM, "C a: dance", "S a: error state x"], tmp_path)[0] == 7


def test_a_line_with_two_meanings_takes_both_ways(tmp_path: Path) -> None:
    """In the starter `moved` and `lost` look alike: nothing is called impossible for that."""
    lines = ["C a: hello a", "S a: wait", "C b: hello b", "S b: game a o", "S a: game b x",
             "C a: move 1", "S a: ok", "S b: moved 1", "C b: move 2", "S b: ok", "S a: moved 2",
             "C a: move 3", "S a: won", "S b: moved 3", "S b ends"]
    assert first_wrong(KIT / "lessons" / "10", lines, tmp_path) == (0, "")


def test_what_a_server_may_word_otherwise() -> None:
    p = load(OXO)
    assert _same(p, "error turn wait", b"error turn not yet\n")
    assert _same(p, "moved 3", b"moved 3\n")
    for got in (b"error command wait\n", b"error turn\n", b"error turn wait\r\n", b"\xff\n"):
        assert not _same(p, "error turn wait", got), got
    assert not _same(p, "moved 3", b"moved 4\n") and not _same(p, "won", b"won \n")


def test_what_is_due_where_words_are_free() -> None:
    p = load(OXO)
    due, note = _free(p, "error taken this cell has a mark")
    assert due == b"error taken WHY" and note.startswith("(WHY: any words, 1 to 100 bytes")
    assert _free(p, "moved 3") == (b"moved 3\n", "")


def test_a_line_too_many_is_told_where_it_comes(tmp_path: Path) -> None:
    """Not where the next one is due, and with the name of who hears it."""
    work = tmp_path / "work"
    shutil.copytree(OXO, work)
    server = work / "server.py"
    text = server.read_text(encoding="utf-8")
    told = 'player.tell("wait", "alone")'
    assert told in text
    server.write_text(text.replace(told, f"{told}; {told}"), encoding="utf-8")
    [failed] = grade("10", work, tmp_path / "r.xml").failed
    assert failed.kind == "differs"
    report = " ".join(failed.text.split())
    assert "says another line to ann than the transcript in its line 6." in report
    assert "In this case: transcripts/draw.txt, line 2, C ann: hello oxo/1 ann." in report
    assert "steps before" not in report


def test_earlier_transcripts_are_not_counted_as_steps(tmp_path: Path) -> None:
    """not-right.txt is the third one, and its talk is short up to this line."""
    work = tmp_path / "work"
    shutil.copytree(OXO, work)
    server = work / "server.py"
    text = server.read_text(encoding="utf-8")
    assert 'f"error version this' in text
    server.write_text(text.replace('f"error version this', 'f"error turn this'), encoding="utf-8")
    [failed] = grade("10", work, tmp_path / "r.xml").failed
    assert "not-right.txt" in failed.text and "steps before" not in failed.text
    assert "b'error version WHY'" in failed.text


def test_what_is_shown_moves_no_cursor(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text("C a: \x1b[2Jhello\nS a: \x07wait\n", encoding="utf-8")
    [finding] = possible(load(OXO), _read(path))
    assert "\\x07wait" in str(finding) and str(finding).isprintable()


def test_clients_in_the_order_of_their_first_line() -> None:
    lines = [Line(1, "client", "b", "x"), Line(2, "server", "a", "y"), Line(3, "client", "b", "")]
    assert Transcript("t", lines).clients == ["b", "a"]


def test_a_line_that_is_not_utf_8_is_shown(tmp_path: Path) -> None:
    """With its folder, its line, and what can be read of it."""
    work = tmp_path / "work"
    shutil.copytree(OXO, work)
    path = work / "transcripts" / "won.txt"
    path.write_bytes(path.read_bytes().replace(b"S ann: wait", b"S ann: w\xe4it", 1))
    report = " ".join(grade("10", work, tmp_path / "r.xml", "-x").failed[0].text.split())
    assert "transcripts/won.txt, line 3: This line is not UTF-8: it has the byte 0xe4" in report
    assert "3 S ann: w\ufffdit" in report and "Let your editor save the file again" in report


def test_how_long_a_server_waits_is_its_own_affair(tmp_path: Path) -> None:
    """No protocol names the seconds: what comes after `time` is waited for."""
    work = tmp_path / "work"
    shutil.copytree(KIT / "tests" / "unusual" / "10" / "post", work)
    server = work / "server.py"
    text = server.read_text(encoding="utf-8")
    assert "settimeout(300)" in text
    server.write_text(text.replace("settimeout(300)", "settimeout(7200)"), encoding="utf-8")
    assert not grade("10", work, tmp_path / "r.xml").failed
