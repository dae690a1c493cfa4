"""A failure in words."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from socklab.evidence import WIDTH, explain, quote_pair, wrap
from socklab.failure import Failure, Outcome
from socklab.tape import Event


def marked(due: bytes | None, came: bytes) -> tuple[str, str]:
    """The characters of both above the caret."""
    one, two, column = quote_pair(due, came)
    return one[column : column + 1], two[column : column + 1]


def test_the_caret_stands_under_the_first_difference() -> None:
    assert quote_pair(b"hello", b"help!") == ("b'hello'", "b'help!'", 5)
    assert marked(b"hello", b"help!") == ("l", "p")


def test_equal_or_unknown_means_no_caret() -> None:
    assert quote_pair(b"same", b"same")[2] == -1
    assert quote_pair(None, b"came")[1:] == ("b'came'", -1)


def test_a_missing_rest_is_marked_at_the_closing_quote() -> None:
    assert marked(b"hello world", b"hello") == (" ", "'")
    assert marked(b"", b"x") == ("'", "x")


@pytest.mark.parametrize("same", [b"", b"'", b'"', b"\"'", b"\\", b"\\'", b"\n\r\t\x00\xff"])
def test_escaped_bytes_do_not_move_the_caret(same: bytes) -> None:
    assert marked(same + b"a", same + b"b") == ("a", "b")


def test_long_texts_are_cut_to_where_they_differ() -> None:
    one, two, _ = quote_pair(b"x" * 5000 + b"a" * 5000, b"x" * 5000 + b"b" * 10)
    assert "equal bytes" in one and "(10,000 bytes)" in one and "(5,010 bytes)" in two
    assert marked(b"x" * 5000 + b"a" * 5000, b"x" * 5000 + b"b" * 10) == ("a", "b")


def test_any_bytes_fit_into_the_width() -> None:
    dice = random.Random(1)
    for _ in range(2000):
        same = dice.randbytes(dice.choice([0, 1, 5, 20, 3000]))
        due, came = same + dice.randbytes(dice.randrange(60)), same + dice.randbytes(60)
        one, two, column = quote_pair(due, came)
        assert max(len(one), len(two)) + len("  came   ") <= WIDTH
        assert column < WIDTH - len("  came   ")
        assert one[:column] == two[:column] or column == -1


def test_wrapping_leaves_long_words_whole() -> None:
    text = wrap("word " * 30 + "x" * 100)
    assert "x" * 100 in text
    assert all(len(line) <= WIDTH or line == "x" * 100 for line in text.splitlines())


# -- whole failures --------------------------------------------------------------------------


def still(**facts: object) -> Failure:
    waits = {"server.py": [("main", "recv", "server.py", 2, "", None, (("stream", 1, 2, 0),))]}
    return Failure("still", "Something is missing.", outcome=Outcome("still", waits=waits),
                   **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("came", [7, True, [3, b"abc"], 1.5, {"a": 1}])
def test_whatever_a_function_has_returned_is_shown(came: object) -> None:
    for due in (b"abc", "abc"):
        failure = Failure("wrong", "It is not right.", expected=due, got=came)  # type: ignore[arg-type]
        lines = explain(failure).splitlines()
        assert lines[-2:] == [f"  due   {due!r}", f"  came  {came!r}"]


def test_who_waits_where(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("one\n    data = c.recv(1024)\n")
    failure = still(expected=b"hello", got=b"hel")
    failure.folder = str(tmp_path)
    text = explain(failure)
    assert "Something is missing." in text
    assert "server.py waits in recv() for data" in text
    assert "server.py, line 2:  data = c.recv(1024)" in text
    assert "due    b'hello'\n  came   b'hel'\n" in text


@pytest.mark.parametrize("wait, words", [
    (("main", "accept", "s.py", 1, "", None, ()), "waits in accept() for a connection"),
    (("main", "input", "s.py", 1, "", None, ()), "waits in input() for something typed"),
    (("main", "acquire", "s.py", 1, "", None, ()), "waits in acquire() for a lock"),
    (("main", "acquire", "s.py", 1, "Queue.get", None, ()), "waits in Queue.get()"),
    (("Reader", "recv", "s.py", 1, "", None, ()), "s.py (Reader) waits in recv()"),
])
def test_the_words_for_a_wait(wait: tuple, words: str) -> None:
    failure = Failure("still", "x", outcome=Outcome("still", waits={"s.py": [wait]}))
    assert words in explain(failure)


@pytest.mark.parametrize("outcome, words", [
    (Outcome("exited", "s.py"), "s.py has ended"),
    (Outcome("running", "s.py", where=("s.py", 3)), "s.py, line 3"),
    (Outcome("running", "s.py", note="recv() returned b'' 5,000 times"), "5,000 times"),
    (Outcome("flooded", "s.py"), "s.py prints without end"),
    (Outcome("flooded", "s.py", note="sends"), "s.py sends without end"),
    (Outcome("processes", "s.py"), "more processes than the checks can follow"),
    (Outcome("parent", "s.py"), "ended the process that had started it"),
    (Outcome("late", "s.py"), "did not get any further"),
])
def test_the_words_for_an_outcome(outcome: Outcome, words: str) -> None:
    assert words in " ".join(explain(Failure(outcome.kind, "x", outcome=outcome)).split())


@pytest.mark.parametrize("who, key, last, told", [
    ("s.py", (9, 5), "kept open", True), ("s.py", (9, 5), "close", False),
    ("s.py", (8, 5), "kept open", False), ("check", (5, 9), "see end", False),
])
def test_a_socket_that_makefile_keeps_open(who: str, key: tuple, last: str, told: bool) -> None:
    failure = Failure("still", "Your program does not close the connection.", about=(5, 9))
    failure.events = [Event(1.0, "s.py", "kept open", "s.py", 3, key=key),
                      Event(2.0, who, last, "s.py", 4, key=key)]
    assert ("makefile() has made still uses it" in explain(failure)) == told


def test_a_crash_stands_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text("x = 1\nint('a')\n")
    failure = Failure("crashed", "Your program ends with an error.")
    failure.crash = Event(0.0, "s.py", "crash", "s.py", 2, note="ValueError",
                          data=b"invalid literal")
    failure.folder = str(tmp_path)
    text = explain(failure)
    assert "Uncaught exception: ValueError: invalid literal" in text
    assert "s.py, line 2:  int('a')" in text
    failure.crash.thread = "Worker"
    assert "in the thread Worker" in explain(failure)


def test_the_case_is_named() -> None:
    failure = still()
    failure.case = "byte by byte"
    assert "byte by byte" in explain(failure)


def test_all_lines_fit() -> None:
    failure = still(expected=random.Random(1).randbytes(5000), got=bytes(3))
    failure.case = "the line arrives as " + "b'he' and " * 20
    for n in range(60):
        failure.events.append(Event(float(n), "check", "send", key=(1, 2), size=400,
                                    data=b"\xff" * 400))
        failure.events.append(Event(n + 0.5, "a_server_with_a_long_name.py", "recv_into",
                                    "a_server_with_a_long_name.py", 1234, key=(2, 1), size=400,
                                    asked=65536))
    assert all(len(line) <= 80 for line in explain(failure).splitlines())


def test_texts_are_compared_as_texts() -> None:
    text = explain(Failure("wrong", "x", expected="Grüezi", got="Gruezi"))
    assert "due    'Grüezi'" in text and "came   'Gruezi'" in text
