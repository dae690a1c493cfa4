"""Messages between the grader and the programs."""

from __future__ import annotations

import random

import pytest
from socklab import wire

VALUES = [
    (), (None, True, False), (0, 1, -1, 255, 2**63, -(10**40), 1 << 200_000),
    (0.0, -1.5, 1e300, float("inf")), ("", "Grüezi 東京 🙂", "\ud800 alone", "a;b"),
    (b"", bytes(range(256)), b"s5;hello"), ((), (1, ("a", (None, b"b"))), ("x",)),
]


@pytest.mark.parametrize("values", VALUES)
def test_what_is_sent_arrives(values: tuple) -> None:
    assert wire.split(bytearray(wire.encode(*values))) == [values]


def test_lists_and_bytearrays_arrive_as_tuples_and_bytes() -> None:
    assert wire.split(bytearray(wire.encode([1, [2]], bytearray(b"x")))) == [((1, (2,)), b"x")]


def test_what_is_kept_arrives_as_a_tuple_each_time() -> None:
    for inner in (("a", 1, b"x", None), (), (("b", wire.Kept((2,))), 1.5)):
        for _ in range(2):
            [(found, last)] = wire.split(bytearray(wire.encode(wire.Kept(inner), "last")))
            assert (found, type(found), last) == (inner, tuple, "last")


def test_other_things_are_refused() -> None:
    for thing in ({}, {1}, object(), 1j):
        with pytest.raises(TypeError):
            wire.encode(thing)


def test_frames_are_found_wherever_the_stream_is_cut() -> None:
    whole = b"".join(wire.encode(*values) for values in VALUES[:2] + VALUES[3:])
    for step in (1, 2, 3, 7, 1000):
        buffer, found = bytearray(), []
        for at in range(0, len(whole), step):
            buffer += whole[at : at + step]
            found += wire.split(buffer)
        assert found == VALUES[:2] + VALUES[3:] and not buffer


def test_a_frame_that_is_too_long_is_refused_before_it_has_come() -> None:
    with pytest.raises(wire.WireError):
        wire.split(bytearray((wire.LIMIT + 1).to_bytes(4, "big")))


@pytest.mark.parametrize("body", [
    b"x", b"i", b"i;", b"ix;", b"i-5;", b"i 5;", b"i1_0;", b"d;", b"dzero;", b"s5;abc",
    b"s-4;", b"s-2;", b"b+1;a", b"b9999999999999;", b"s1;\xff", b"l2;n", b"l-1;",
    b"lffffffffffff;", b"l1;" * 30 + b"n", b";", b"\x00", b"k0;", b"k1;", b"k2;nn", b"k1;x",
    b"k2;k0;",
])
def test_a_malformed_body_is_refused(body: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(body)


def test_random_bytes_are_refused_or_read_but_never_hang_or_crash() -> None:
    dice = random.Random(1)
    letters = b"ntfijdsblk;0123456789abcdef-+_ .e\xff\x00"
    for _ in range(50_000):
        body = bytes(dice.choices(letters, k=dice.randrange(1, 40)))
        try:
            values = wire.decode(body)
        except wire.WireError:
            continue
        wire.encode(*values)  # what was read is simple


def test_damaged_messages_are_refused_or_read_but_never_hang_or_crash() -> None:
    dice = random.Random(2)
    what = wire.Kept(("main", ("a.py", 3, ""), "recv", (1, 2), "", -1))
    good = wire.encode("call", 1.5, what, 5, b"hello")
    for _ in range(20_000):
        bad = bytearray(good)
        for _ in range(dice.randrange(1, 5)):
            bad[dice.randrange(4, len(bad))] = dice.randrange(256)
        try:
            wire.split(bad)
        except wire.WireError:
            pass
