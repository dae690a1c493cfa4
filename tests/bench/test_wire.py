"""Messages between the grader and the programs."""

from __future__ import annotations

import random
import sys
from importlib.util import module_from_spec, spec_from_file_location

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


@pytest.mark.parametrize("values", VALUES)
def test_a_python_without_the_quick_part_speaks_the_same(
        values: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_json", None)
    spec = spec_from_file_location("slow_wire", wire.__file__)
    assert spec is not None and spec.loader is not None
    slow = module_from_spec(spec)
    spec.loader.exec_module(slow)
    assert slow._read is not wire._read
    assert wire.split(bytearray(slow.encode(*values))) == [values]
    assert slow.split(bytearray(wire.encode(*values))) == [values]


def test_lists_and_bytearrays_arrive_as_tuples_and_bytes() -> None:
    assert wire.split(bytearray(wire.encode([1, [2]], bytearray(b"x")))) == [((1, (2,)), b"x")]


def test_other_things_are_refused() -> None:
    for thing in ({1}, object(), 1j, memoryview(b"")):
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
    b"", b"x", b"5", b'"abc"', b"null", b"{}", b"[", b"[1", b"[1]]", b"[1] ", b" [1]", b"[1,]",
    b"[01]", b"[+1]", b"[1_0]", b"[1e]", b"[nul]", b'["a', b'["\\u12"]', b'["\xff"]', b"[{}]",
    b'[{"b":1}]', b'[{"b":"\\u0100"}]', b'[{"c":""}]', b'[{"i":"xyz"}]', b'[{"i":[]}]',
    b'[{"b":"","i":"1"}]', b"[" * 100_000, b'{"a":' * 100_000, b"[" + b"9" * 5000 + b"]",
    b"\x00", b"\xef\xbb\xbf[]", b"[]\n[]",
])
def test_a_malformed_body_is_refused(body: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(body)


def test_random_bytes_are_refused_or_read_but_never_hang_or_crash() -> None:
    dice = random.Random(1)
    letters = b'[[]],,,{}:"""bi\\u0123456789abcdef-+_ .e\xff\x00'
    for _ in range(50_000):
        body = bytes(dice.choices(letters, k=dice.randrange(40)))
        body = b"[" + body + b"]" if dice.random() < 0.5 else body
        try:
            values = wire.decode(body)
        except wire.WireError:
            continue
        wire.encode(*values)  # what was read is simple


def test_damaged_messages_are_refused_or_read_but_never_hang_or_crash() -> None:
    dice = random.Random(2)
    what = ("main", ("a.py", 3, ""), "recv", (1, 2), "", -1)
    good = wire.encode("calls", (1.5, what, 5, b"hello"))
    for _ in range(20_000):
        bad = bytearray(good)
        for _ in range(dice.randrange(1, 5)):
            bad[dice.randrange(4, len(bad))] = dice.randrange(256)
        try:
            wire.split(bad)
        except wire.WireError:
            pass
