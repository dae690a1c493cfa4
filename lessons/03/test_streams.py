"""Lesson 03: Streams."""

import re

import pytest
from socklab.lesson import (
    Lab,
    Module,
    Result,
    Wire,
    core,
    every_cut,
    more,
    random_bytes,
    show,
)

RESET = ["ConnectionResetError", "ConnectionAbortedError"]  # the second: on Windows


@pytest.fixture
def stream(lab: Lab) -> Module:
    return lab.module("stream.py")


@core
def test_bytes_asked_for(lab: Lab, stream: Module) -> None:
    """recv_exactly returns the bytes that came, as bytes."""
    for data in [b"hello", bytes(range(256))]:
        wire = stream.wire()
        wire.peer.send(data)
        expect_bytes(lab, stream, wire, data)


@core
def test_pieces(lab: Lab, stream: Module) -> None:
    """Pieces are put together, wherever the stream is cut."""
    for data in [b"hello", bytes(range(250, 256)) + b"\r\n\0"]:
        for name, cuts in every_cut(data):
            with lab.case(name):
                wire = stream.wire(cuts=cuts)
                wire.peer.send(data)
                expect_bytes(lab, stream, wire, data)


@core
def test_what_follows(lab: Lab, stream: Module) -> None:
    """What follows the n bytes stays there for the next call."""
    for name, cuts in every_cut(b"onetwothree!"):
        with lab.case(name):
            wire = stream.wire(cuts=cuts)
            wire.peer.send(b"onetwothree!")
            for part in [b"one", b"two", b"three!"]:
                expect_bytes(lab, stream, wire, part)
    with lab.case("the caller fetches what follows with sock.recv"):
        wire = stream.wire()
        wire.peer.send(b"onetwo")
        expect_bytes(lab, stream, wire, b"one")
        expect_left(lab, wire, b"two")


@core
def test_early_end(lab: Lab, stream: Module) -> None:
    """An early end is an EOFError that says how much came."""
    for came in range(10):
        for how, cuts in [("in one piece", []), ("byte by byte", list(range(1, 10)))]:
            what = f"{came} of 10 bytes, {how}" if came else "no byte at all"
            with lab.case(f"{what}, then the end"):
                wire = stream.wire(cuts=cuts)
                if came:
                    wire.peer.send(b"0123456789"[:came])
                wire.peer.half_close()
                result = stream.call("recv_exactly", wire, 10)
                expect_error(lab, result, "EOFError")
                expect_words(lab, result, f"{came} of 10")


@core
def test_short_sends(lab: Lab, stream: Module) -> None:
    """send_all sends every byte with send, which may take only a few."""
    for most in range(len(b"hello world"), 0, -1):
        with lab.case(f"send takes at most {most} of the 11 bytes"):
            wire = stream.wire(send_max=most)
            expect_sent(lab, stream, wire, b"hello world")
    for name in ["sendall", "sendmsg", "sendfile"]:
        if stream.calls(name):
            lab.fail(f"send_all called {name}(), which does your task.", kind="helped")
    sends = [e for e in lab.tape.events if e.call == "send"]
    if all(e.inner.startswith(("SocketIO", "write")) for e in sends):  # makefile(), os.write()
        lab.fail("The bytes have come, but send_all never called sock.send itself.", kind="no_send")


@more
def test_much_data(lab: Lab, stream: Module) -> None:
    """20,000 bytes go there and back in any number of pieces."""
    data = random_bytes(20_000, seed=3)
    for most in [None, 999, 15]:  # 15: in more than 1,000 pieces
        with lab.case(f"at most {most or 'any number of'} bytes in one send or recv"):
            wire = stream.wire(send_max=most, recv_max=most)
            expect_sent(lab, stream, wire, data)
            wire.peer.send(data)
            expect_bytes(lab, stream, wire, data)


@more
def test_no_bytes(lab: Lab, stream: Module) -> None:
    """No bytes at all: both functions return at once."""
    wire = stream.wire()
    with lab.case("nothing has come yet"):
        expect_bytes(lab, stream, wire, b"")
    with lab.case("three bytes are waiting"):
        wire.peer.send(b"abc")
        expect_bytes(lab, stream, wire, b"")
        expect_bytes(lab, stream, wire, b"abc")
    with lab.case("the stream is over"):
        wire.peer.half_close()
        expect_bytes(lab, stream, wire, b"")
    with lab.case('send_all(sock, b"")'):
        expect_sent(lab, stream, wire, b"")


@more
def test_slow_sender(lab: Lab, stream: Module) -> None:
    """Both functions wait: for a slow sender, for a slow reader."""
    wire = stream.wire()
    call = stream.start("recv_exactly", wire, 6)
    for byte in [b"s", b"l", b"o", b"w", b"l"]:
        wire.peer.send(byte)
        lab.settle(horizon=60)  # a minute passes, if the program looks at a clock
        if not call.waiting:
            call.expect_result().value_or_fail()
            lab.fail("recv_exactly did not wait for the missing bytes.")
    wire.peer.send(b"y")
    compare(lab, call.expect_result(), b"slowly")
    with lab.case("the reader takes 4 of 11 bytes, and then pauses"):
        wire = stream.wire()
        wire.peer.pause(after=4)
        call = stream.start("send_all", wire, b"hello world")
        lab.settle(horizon=60)
        if not call.waiting:
            call.expect_result().value_or_fail()
            lab.fail("send_all did not wait until there was room again.", kind="gave_up")
        wire.peer.resume()
        wire.peer.expect(b"hello world")
        call.expect_result().value_or_fail()


@more
def test_two_sockets(lab: Lab, stream: Module) -> None:
    """The bytes of two sockets never mix."""
    one, two = stream.wire(), stream.wire()
    one.peer.send(b"abcdef")
    two.peer.send(b"uvwxyz")
    for wire, part in [(one, b"ab"), (two, b"uvw"), (one, b"cdef"), (two, b"xyz")]:
        expect_bytes(lab, stream, wire, part)


@more
def test_reset(lab: Lab, stream: Module) -> None:
    """A reset is an error of its own: neither function hides it."""
    for came in range(5):
        for how, cuts in [("in one piece", []), ("byte by byte", list(range(1, 5)))]:
            what = f"{came} of 5 bytes, {how}" if came else "no byte at all"
            with lab.case(f"recv_exactly: {what}, then a reset"):
                wire = stream.wire(cuts=cuts)
                wire.peer.send(b"hello"[:came])
                call = stream.start("recv_exactly", wire, 5)
                if call.waiting:  # it has taken what there was
                    wire.peer.reset()
                expect_error(lab, call.expect_result(), *RESET)
    with lab.case("send_all after a reset"):
        wire = stream.wire()
        wire.peer.reset()
        result = stream.call("send_all", wire, b"hello")
        expect_error(lab, result, "ConnectionError")
    with lab.case("send_all after a reset that recv has told of"):
        wire = stream.wire()
        wire.peer.reset()
        wire.call("recv", 1)  # from now on send raises a BrokenPipeError, not on Windows
        result = stream.call("send_all", wire, b"hello")
        expect_error(lab, result, "ConnectionError")
    with lab.case("send_all: 2 of 5 bytes, then a reset"):
        wire = stream.wire()
        wire.peer.pause(after=2)
        call = stream.start("send_all", wire, b"hello")
        if call.waiting:
            wire.peer.reset()
        expect_error(lab, call.expect_result(), "ConnectionError")


def expect_bytes(lab: Lab, stream: Module, wire: Wire, data: bytes) -> None:
    compare(lab, stream.call("recv_exactly", wire, len(data)), data)


def expect_left(lab: Lab, wire: Wire, data: bytes) -> None:
    """These bytes are still in the socket: its own recv finds them."""
    call = wire.start("recv", len(data))
    got = b"" if call.waiting else call.expect_result().value or b""
    if got != data:
        what = f"recv_exactly took too much: its caller's own sock.recv({len(data)}) should "
        what += f"find {show(data)} now."
        lab.fail(what, kind="kept", expected=data, got=got)


def expect_sent(lab: Lab, stream: Module, wire: Wire, data: bytes) -> None:
    value = stream.call("send_all", wire, data).value_or_fail()
    wire.peer.expect(data)
    wire.peer.expect_nothing()
    if value is not None:
        lab.fail(f"send_all should return None. It returned {value!r:.60}.", kind="value")


def compare(lab: Lab, result: Result, data: bytes) -> None:
    got = result.value_or_fail()
    call = f"recv_exactly(sock, {len(data)})"
    if not isinstance(got, bytes):
        what = f"{call} should return bytes. It returned {got!r:.60}."
        lab.fail(what, kind="none" if got is None else "type")
    if got != data:
        what = f"{call} should return {show(data)}. It returned {show(got)}."
        lab.fail(what, expected=data, got=got)


def expect_error(lab: Lab, result: Result, *names: str) -> None:
    if not result.error:
        what = f"{names[0]} should be raised here. Your function returned {result.value!r}."
        lab.fail(what, kind="returned")
    if not result.raised(*names):
        what = f"{names[0]} should come here. {result.error} came{result.place}: "
        what += result.message
        lab.fail(what, kind="other")


def expect_words(lab: Lab, result: Result, words: str) -> None:
    if not re.search(rf"(?<!\d){words}(?!\d)", result.message):
        what = f'The EOFError should say "{words}". It says "{result.message}".'
        lab.fail(what, kind="text")
