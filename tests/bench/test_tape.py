"""The record of what happened."""

from __future__ import annotations

from socklab.tape import Event, Tape, count, show


def printed(text: bytes, line: int = 1, time: float = 0.0, who: str = "a.py") -> Event:
    return Event(time, who, "output", "a.py", line, data=text, size=len(text))


def test_the_pieces_of_one_print_become_one_event() -> None:
    tape = Tape()
    for piece in (b"one", b" ", b"two", b"\n", b"three"):
        tape.add_output(printed(piece))
    assert [event.data for event in tape.events] == [b"one two\n", b"three"]
    assert [event.size for event in tape.events] == [8, 5]


def test_prints_of_other_lines_and_programs_stay_apart() -> None:
    tape = Tape()
    for event in (printed(b"a", 1), printed(b"b", 2), printed(b"c", 2, who="b.py")):
        tape.add_output(event)
    tape.add(Event(0.0, "b.py", "recv"))
    tape.add_output(printed(b"d", 2, who="b.py"))
    assert [event.data for event in tape.events] == [b"a", b"b", b"c", b"", b"d"]


def test_much_output_does_not_fill_the_tape() -> None:
    tape = Tape()
    for n in range(30_000):
        tape.add_output(printed(b"x\n", n))
    assert len(tape.events) == 20_000
    tape.add_output(printed(b"x" * 10_000, 1))
    assert len(tape.events[-1].data) <= 10_000


def test_events_are_told_in_the_order_of_their_times() -> None:
    tape = Tape()
    for time in (3.0, 1.0, 2.0, 2.0):
        tape.add(Event(time, f"{len(tape.events)}", "recv"))
    assert [event.who for event in tape.ordered()] == ["1", "2", "3", "0"]
    assert [event.who for event in tape.since(2.0)] == ["2", "3", "0"]


def test_show() -> None:
    assert show(b"hello") == "b'hello'"
    assert show(b"") == "b''"
    assert show(bytes(40)) == repr(bytes(40))
    text = show(b"x" * 100_000, 30)
    assert text.endswith("(100,000 bytes)") and " … " in text and len(text) < 60


def test_count() -> None:
    assert [count(n, "byte") for n in (0, 1, 2, 1000)] == [
        "0 bytes", "1 byte", "2 bytes", "1,000 bytes"]
    assert count(2, "process") == "2 processes"
