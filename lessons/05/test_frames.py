"""Lesson 05: Frames."""

import pytest
from socklab.lesson import (
    Failure,
    Lab,
    Module,
    Peer,
    Program,
    core,
    every_cut,
    more,
    random_bytes,
    show,
)

HEADERS = {
    0: b"\x00\x00\x00\x00",
    1: b"\x00\x00\x00\x01",
    3: b"\x00\x00\x00\x03",
    4: b"\x00\x00\x00\x04",
    8: b"\x00\x00\x00\x08",
    255: b"\x00\x00\x00\xff",
    256: b"\x00\x00\x01\x00",
    65_536: b"\x00\x01\x00\x00",
}
ABC = b"\x00\x00\x00\x03abc"
BAD = {
    "a header that says 1,000,001": b"\x00\x0f\x42\x41",
    "a header that says 4,294,967,295": b"\xff\xff\xff\xff",
    "the end inside a header": b"\x00\x00",
    "the end inside a payload": b"\x00\x00\x00\x03ab",
}
RESET = "ConnectionResetError", "ConnectionAbortedError"  # the second: on Windows


@pytest.fixture
def frames(lab: Lab) -> Module:
    return lab.module("frames.py")


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("frame_server.py", port=5050)


@core
def test_frame_on_the_wire(lab: Lab, frames: Module) -> None:
    """send_frame sends the length in four bytes, highest first, then the payload."""
    for size in [3, 0, 1, 255, 256, 65_536]:
        with lab.case(f"a payload of {size} bytes"):
            payload = b"abc" if size == 3 else random_bytes(size, seed=size)
            wire = frames.wire()
            frames.call("send_frame", wire, payload).value_or_fail()
            wire.peer.expect(HEADERS[size], payload)
            wire.peer.expect_nothing()


@core
def test_any_payload(lab: Lab, frames: Module) -> None:
    """A payload is any bytes: text beyond ASCII, newlines, zeros."""
    payloads = {
        "three letters": b"abc",
        "text beyond ASCII": "é 🙂!".encode(),
        "bytes that stand for no text": b"\xff\xfe\xc3\x00",
        "newlines at both ends": b"\n\r\nabc\r\n",
        "a payload that is a frame itself": b"\x00\x00\x00\x04wxyz",
        "all 256 bytes": bytes(range(256)),
    }
    for name, payload in payloads.items():
        with lab.case(name):
            wire = frames.wire()
            frames.call("send_frame", wire, payload).value_or_fail()
            wire.peer.expect(HEADERS[len(payload)], payload)
            wire.peer.send(HEADERS[len(payload)] + payload)
            returns(lab, frames, wire, payload)


@core
def test_every_cut(lab: Lab, frames: Module) -> None:
    """recv_frame gives each payload back, wherever the stream is cut."""
    payloads = [b"abc", b"", "ü".encode() * 2, b"x"]
    stream = b"".join(HEADERS[len(p)] + p for p in payloads)
    for name, cuts in every_cut(stream):
        with lab.case(name):
            wire = frames.wire(cuts=cuts)
            wire.peer.send(stream)
            for payload in payloads:
                returns(lab, frames, wire, payload)
    with lab.case("nothing for a minute, then b'\\0\\0', and after another minute the rest"):
        wire = frames.wire()
        call = frames.start("recv_frame", wire)
        for piece in [stream[:2], stream[2:]]:
            lab.settle(horizon=60)  # a minute passes, if the program looks at a clock
            if not call.waiting:
                lab.fail("recv_frame should wait for the rest of the frame, as long as it takes. "
                         f"{outcome(call.expect_result())}", kind="pause")
            wire.peer.send(piece)
        compare(lab, call.expect_result(), payloads[0])


@core
def test_ends(lab: Lab, frames: Module) -> None:
    """The end between two frames gives None; inside a frame it is an EOFError."""
    for there in range(len(ABC)):
        for how, cuts in [("in one piece", []), ("byte by byte", list(range(1, 12)))]:
            what = f"a whole frame and {there} of the 7 bytes of the next, {how}; then the end"
            with lab.case(what):
                wire = frames.wire(cuts=cuts)
                wire.peer.send(HEADERS[1] + b"x" + ABC[:there])
                wire.peer.half_close()
                returns(lab, frames, wire, b"x")
                if there == 0:
                    returns(lab, frames, wire, None)
                else:
                    raises(lab, frames.call("recv_frame", wire), "EOFError")
    with lab.case("the end after an empty frame"):
        wire = frames.wire()
        wire.peer.send(HEADERS[0])
        wire.peer.half_close()
        returns(lab, frames, wire, b"")
        returns(lab, frames, wire, None)


@core
def test_server_answers(lab: Lab, server: Program) -> None:
    """The server answers with the payload reversed, client after client."""
    exchange = [(b"abc", b"cba"), (b"", b""), (b"\xff\x00\n\xc3", b"\xc3\n\x00\xff")]
    for name in ["the first client", "the second client"]:
        with lab.case(name):
            client = next_client(lab, server)
            for payload, answer in exchange:
                client.send(HEADERS[len(payload)] + payload)
                client.expect(HEADERS[len(answer)], answer)
            client.half_close()
            client.expect_end()


@more
def test_server_in_pieces(lab: Lab, server: Program) -> None:
    """Frames that come in pieces, or several at once, are answered in order."""
    stream = ABC + HEADERS[0] + HEADERS[3] + b"xyz"
    for name, cuts in every_cut(stream):
        with lab.case(name):
            client = server.connect(cuts=cuts)
            client.send(stream)
            client.expect(HEADERS[3], b"cba", HEADERS[0], HEADERS[3], b"zyx")
            client.close()
    with lab.case("a part of a frame comes, and its rest a minute later"):
        client = server.connect()
        client.send(ABC[:5])
        lab.jump(60)
        expect_patience(client, closed="pause", wrong="pause")
        client.send(ABC[5:])
        client.expect(HEADERS[3], b"cba")
        client.close()
    with lab.case("1,200 frames at once"):
        client = server.connect()
        client.send(ABC * 1200)
        client.expect((HEADERS[3] + b"cba") * 1200)


@more
def test_long_frames(lab: Lab, frames: Module) -> None:
    """Long frames come back whole, with the short frame behind them."""
    for size in [255, 256, 65_536]:
        with lab.case(f"a payload of {size} bytes, at most 50 in one recv"):
            payload = random_bytes(size, seed=size)
            wire = frames.wire(recv_max=50)
            wire.peer.send(HEADERS[size] + payload + ABC)
            returns(lab, frames, wire, payload)
            returns(lab, frames, wire, b"abc")


@more
def test_short_sends(lab: Lab, frames: Module) -> None:
    """A frame is sent whole, however little one send takes."""
    for most in [1, 3, 5]:
        with lab.case(f"each send takes {most} of the bytes at most"):
            payload = random_bytes(255, seed=most)
            wire = frames.wire(send_max=most)
            frames.call("send_frame", wire, payload).value_or_fail()
            frames.call("send_frame", wire, b"abc").value_or_fail()
            wire.peer.expect(HEADERS[255], payload, ABC)
    with lab.case("the server; each send takes 3 of the bytes at most"):
        server = lab.server("frame_server.py", port=5050, send_max=3)
        client = server.connect()
        client.send(ABC + HEADERS[8] + b"pictures")
        client.expect(HEADERS[3], b"cba", HEADERS[8], b"serutcip")


@more
def test_limit(lab: Lab, frames: Module) -> None:
    """A length over the limit is a ValueError, before any payload is taken."""
    with lab.case("as long as the limit: 3 of 3 bytes"):
        wire = frames.wire()
        wire.peer.send(ABC)
        returns(lab, frames, wire, b"abc", 3)
    for name, cuts in every_cut(HEADERS[4]):
        with lab.case(f"a limit of 3 bytes; a header that says 4, {name}"):
            wire = frames.wire(cuts=cuts)
            wire.peer.send(HEADERS[4])
            raises(lab, frames.call("recv_frame", wire, 3), "ValueError")
    for header in [b"\x00\x0f\x42\x41", b"\x80\x00\x00\x00", b"\xff\xff\xff\xff"]:
        with lab.case(f"no limit given; the header {header.hex(' ')}"):
            wire = frames.wire()
            wire.peer.send(header)
            raises(lab, frames.call("recv_frame", wire), "ValueError")
    with lab.case("no limit given; the header 00 0f 42 40 says 1,000,000"):
        wire = frames.wire()
        wire.peer.send(b"\x00\x0f\x42\x40")
        call = frames.start("recv_frame", wire)
        if not call.waiting:
            lab.fail(f"1,000,000 bytes are allowed. {outcome(call.expect_result())}",
                     kind="refused")


@more
def test_reset(lab: Lab, frames: Module) -> None:
    """A reset is an error at every place of a frame, never a quiet end."""
    for there in range(len(ABC)):
        with lab.case(f"a reset after {there} of {len(ABC)} bytes"):
            wire = frames.wire()
            wire.peer.send(ABC[:there])
            call = frames.start("recv_frame", wire)
            if call.waiting:
                wire.peer.reset()
            inside = ["EOFError"] if there else []
            raises(lab, call.expect_result(), *RESET, *inside)


@more
def test_server_bad_frame(lab: Lab, server: Program) -> None:
    """A bad frame ends its connection, without an answer; the next client is served."""
    with lab.case("a header that says 1,000,000, and a few bytes: the rest is still to come"):
        client = next_client(lab, server)
        client.send(b"\x00\x0f\x42\x40" + b"pictures")
        expect_patience(client, closed="refused")
        client.close()
    for name, data in BAD.items():
        with lab.case(name):
            bad = next_client(lab, server)
            bad.send(ABC)
            bad.expect(HEADERS[3], b"cba")
            bad.send(data)
            if name.startswith("the end"):
                bad.half_close()
            bad.expect_end()
            good = next_client(lab, server)
            good.send(ABC)
            good.expect(HEADERS[3], b"cba")
            good.close()


def next_client(lab: Lab, server: Program) -> Peer:
    lab.settle()
    if not server.running:
        server.expect_no_traceback()
        lab.fail("Your server is over. It should serve the next client.", kind="exited")
    return server.connect()


def expect_patience(client: Peer, **kinds: str) -> None:
    """kinds: those of this failure, in the place of the usual ones."""
    try:
        client.expect_nothing()
    except Failure as failure:
        failure.kind = kinds.get(failure.kind, failure.kind)
        raise


def returns(lab, frames, wire, expected, *limit) -> None:
    """recv_frame must return this payload (or None)."""
    compare(lab, frames.call("recv_frame", wire, *limit), expected)


def compare(lab, result, expected) -> None:
    got = result.value_or_fail()
    if got != expected or isinstance(got, bytearray):
        wanted = "None" if expected is None else show(expected)
        kinds = {"NoneType": "nothing", "bytes": "value", "bytearray": "bytearray"}
        lab.fail(
            f"recv_frame should return {wanted}. {outcome(result)}",
            kind=kinds.get(type(got).__name__, "type"),
            **({"expected": expected, "got": got} if expected and got and got != expected else {}),
        )


def raises(lab, result, *names) -> None:
    """The call must have raised one of these exceptions."""
    if not result.raised(*names):
        kind = "other" if result.error else "returned"
        what = f"recv_frame should raise {names[0]} here. {outcome(result)}"
        lab.fail(what, kind=kind)


def outcome(result) -> str:
    if result.error:
        return f"It raised {result.error}: {result.message}"
    got = result.value
    return f"It returned {show(got) if isinstance(got, bytes) else repr(got)}."
