"""Lesson 04: Lines."""

import re

import pytest
from socklab.lesson import (
    Failure,
    Handle,
    Lab,
    Module,
    Peer,
    Program,
    Result,
    core,
    every_cut,
    more,
    random_text,
    show,
)

RESET = ["ConnectionResetError", "ConnectionAbortedError"]  # the second: on Windows


@pytest.fixture
def lines(lab: Lab) -> Module:
    return lab.module("lines.py")


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("line_server.py", port=5050)


@core
def test_one_line(lab: Lab, lines: Module) -> None:
    """A line comes out whole, wherever the stream is cut."""
    for name, cuts in every_cut(b"hello\n"):
        with lab.case(name):
            wire = lines.wire(cuts=cuts)
            wire.peer.send(b"hello\n")
            expect_lines(lab, lines.make("LineReader", wire), "hello")
    with lab.case("nothing, a minute later b'hel', and after another minute b'lo\\n'"):
        wire = lines.wire()
        call = lines.make("LineReader", wire).start("read_line")
        for piece in [b"hel", b"lo\n"]:
            lab.settle(horizon=60)  # a minute passes, if the program looks at a clock
            if not call.waiting:
                result = call.expect_result()
                how = f"raised {result.error}" if result.error else f"returned {result.value!r}"
                lab.fail("read_line() should wait for the rest of the line, as long as it takes. "
                         f"It {how}.", kind="pause")
            wire.peer.send(piece)
        compare(lab, call.expect_result(), "hello")


@core
def test_lines_in_one_segment(lab: Lab, lines: Module) -> None:
    """Lines that come together are read one by one, an empty one too."""
    data = b"one\ntwo\n\nfour\n"
    for name, cuts in every_cut(data):
        with lab.case(name):
            wire = lines.wire(cuts=cuts)
            wire.peer.send(data)
            reader = lines.make("LineReader", wire)
            expect_lines(lab, reader, "one", "two", "", "four")


@core
def test_characters(lab: Lab, lines: Module) -> None:
    """A character that is cut in two comes out whole."""
    data = "Zoë 東京 🙂\n".encode()
    for name, cuts in every_cut(data):
        with lab.case(name):
            wire = lines.wire(cuts=cuts)
            wire.peer.send(data)
            expect_lines(lab, lines.make("LineReader", wire), "Zoë 東京 🙂")


@core
def test_ends(lab: Lab, lines: Module) -> None:
    """A clean end is None; an unfinished line or a reset is an error."""
    data = "one\ntwö\n".encode()
    odd = [b"\r", b"  ", b"one\n\r", b"one\n \t"]  # all that has come is a part of a line
    for sent in [data[:came] for came in range(len(data) + 1)] + odd:
        *whole, rest = sent.split(b"\n")
        for how, cuts in [("in one piece", []), ("byte by byte", list(range(1, 9)))]:
            for end in ["the end", "a reset"]:
                with lab.case(f"{sent} comes {how}, then {end}"):
                    wire = lines.wire(cuts=cuts)
                    wire.peer.send(sent)
                    reader = lines.make("LineReader", wire)
                    expect_lines(lab, reader, *[line.decode() for line in whole])
                    if end == "a reset":
                        wire.peer.reset()
                        expect_error(lab, reader, *RESET, kind="reset")
                        continue
                    wire.peer.half_close()
                    if rest:
                        expect_error(lab, reader, "EOFError")
                    else:
                        expect_lines(lab, reader, None)


@core
def test_server_answers(lab: Lab, server: Program) -> None:
    """The server answers each line with its number and the line in upper case."""
    texts = ["hello", "", "Straße 7"]
    cases = every_cut("Zoë\n".encode())
    start = sum(len(text.encode()) + 1 for text in texts)
    cuts = [start + 5 * n + cut for n, case in enumerate(cases) for cut in case[1]]
    peer = server.connect(cuts=cuts)
    for number, text in enumerate(texts, 1):
        with lab.case(f"the line {text!r}"):
            peer.send(f"{text}\n".encode())
            peer.expect(f"{number} {text.upper()}\n".encode())
    for number, (name, _) in enumerate(cases, len(texts) + 1):
        with lab.case(name):
            peer.send("Zoë\n".encode())
            peer.expect(f"{number} ZOË\n".encode())
    with lab.case("b'Zo' comes, and a minute later b'e\\n'"):
        peer.send(b"Zo")
        lab.jump(60)
        expect_patience(peer)
        peer.send(b"e\n")
        peer.expect(f"{len(texts) + len(cases) + 1} ZOE\n".encode())


@more
def test_two_readers(lab: Lab, lines: Module) -> None:
    """Two readers never mix their bytes."""
    one, two = lines.wire(), lines.wire()
    reader_one = lines.make("LineReader", one)
    reader_two = lines.make("LineReader", two)
    one.peer.send(b"one\ntw")
    two.peer.send(b"eins\nzw")
    expect_lines(lab, reader_one, "one")
    expect_lines(lab, reader_two, "eins")
    one.peer.send(b"o\n")
    two.peer.send(b"ei\n")
    expect_lines(lab, reader_one, "two")
    expect_lines(lab, reader_two, "zwei")


@more
def test_line_ends(lab: Lab, lines: Module) -> None:
    """Only \\n and \\r\\n end a line; all other bytes belong to it."""
    cases = {
        "one\r\n": "one",
        "\r\n": "",
        "a\r\r\n": "a\r",
        "a\rb\n": "a\rb",
        "  two \t\n": "  two \t",
        "a\vb\fc\x1cd\x85e\u2028f\n": "a\vb\fc\x1cd\x85e\u2028f",
        "\ufeffa\n": "\ufeffa",
    }
    for sent, text in cases.items():
        data = f"{sent}next\n".encode()
        for name, cuts in every_cut(data):
            with lab.case(name):
                wire = lines.wire(cuts=cuts)
                wire.peer.send(data)
                expect_lines(lab, lines.make("LineReader", wire), text, "next")


@more
def test_limit(lab: Lab, lines: Module) -> None:
    """A line may have as many bytes as the limit says, and no more."""
    with lab.case("many short lines, limit 5"):
        wire = lines.wire()
        wire.peer.send(b"four\n" * 20)
        expect_lines(lab, lines.make("LineReader", wire, 5), *["four"] * 20)
    for text in ["12345", "1234\r", "üü1"]:
        for name, cuts in every_cut(f"{text}\n".encode()):
            with lab.case(f"limit 5, {name}"):
                wire = lines.wire(cuts=cuts)
                wire.peer.send(f"{text}\n".encode())
                expect_lines(lab, lines.make("LineReader", wire, 5), text.strip("\r"))
    for text in ["123456\n", "12345\r\n", "üüü\n", "123456", "x" * 20]:
        for name, cuts in every_cut(text.encode()):
            with lab.case(f"limit 5, {name}"):
                wire = lines.wire(cuts=cuts)
                wire.peer.send(text.encode())
                reader = lines.make("LineReader", wire, 5)
                expect_error(lab, reader, "ValueError")
    with lab.case("limit not given: 1000 bytes, then 1001 bytes, byte by byte"):
        wire = lines.wire(recv_max=1)
        wire.peer.send(b"x" * 1000 + b"\n" + b"x" * 1001)
        reader = lines.make("LineReader", wire)
        expect_lines(lab, reader, "x" * 1000)
        expect_error(lab, reader, "ValueError")


@more
def test_not_utf8(lab: Lab, lines: Module) -> None:
    """A line that is not UTF-8 is a ValueError, after the good lines before it."""
    for bad in [b"\xff\xfe\n", "Zoë\n".encode("latin-1"), "Zoë".encode()[:-1] + b"\n"]:
        data = "Zoë\n".encode() + bad
        for name, cuts in every_cut(data):
            with lab.case(name):
                wire = lines.wire(cuts=cuts)
                wire.peer.send(data)
                reader = lines.make("LineReader", wire)
                expect_lines(lab, reader, "Zoë")
                expect_error(lab, reader, "ValueError")


@more
def test_next_client(lab: Lab, server: Program) -> None:
    """After each client comes the next one, and its lines count from 1."""
    for sent in [b"one\ntwo\n", b"one\ntwo\nthr", b"", b"one\ntwo\n"]:
        with lab.case(f"a client that sends {sent or 'nothing'} and ends"):
            peer = server.connect()
            if sent:
                peer.send(sent)
                expect_answers(peer, b"1 ONE\n", b"2 TWO\n")
            peer.half_close()
            expect_end(lab, peer)
            expect_next(lab, server)


@more
def test_bad_line(lab: Lab, server: Program) -> None:
    """A bad line gets an error, the connection ends, and the next client is served."""
    for name, bad in [("not UTF-8", b"\xff\xfe\n"), ("1001 bytes", b"x" * 1001)]:
        with lab.case(f"a good line, then a bad one: {name}"):
            peer = server.connect()
            peer.send(b"one\n" + bad)
            peer.expect(b"1 ONE\n")
            answer = read_line(peer)
            if not answer.startswith(b"error: "):
                lab.fail(f"To a bad line this came: {show(answer)}.", kind="answered")
            if not re.fullmatch(rb"error: .*\S.*\n", answer):
                lab.fail(f'After "error: " should come a reason. This came: {answer}.')
            expect_end(lab, peer)
            peer.close()
            expect_next(lab, server)
    with lab.case("the next client, and a line of 1000 bytes: a good one"):
        peer = server.connect()
        peer.send(b"x" * 1000 + b"\n")
        answer = peer.read_line()
        if answer != b"1 " + b"X" * 1000 + b"\n":
            lab.fail(f"A line of 1000 bytes is good. This came: {show(answer)}.", kind="refused")


@more
def test_many_lines(lab: Lab) -> None:
    """Hundreds of lines at once are answered, though send takes a few bytes only."""
    server = lab.server("line_server.py", port=5050, send_max=5)
    texts = ["  two blanks "] + [random_text(50, seed) for seed in range(300)]
    texts += [""] * 900
    peer = server.connect()
    peer.send("".join(f"{text}\n" for text in texts).encode())
    for number, text in enumerate(texts, 1):
        with lab.case(f"line number {number}"):
            expect_blanks(peer, f"{number} {text.upper()}\n".encode())
    peer.half_close()
    peer.expect_end()


def expect_answers(peer: Peer, *answers: bytes) -> None:
    try:
        peer.expect(*answers)
    except Failure as failure:
        if failure.kind == "still":
            failure.kind = "unread"
        raise


def expect_patience(peer: Peer) -> None:
    try:
        peer.expect_nothing()
    except Failure as failure:
        if failure.kind in ("closed", "wrong"):
            failure.kind = "pause"
        raise


def expect_end(lab: Lab, peer: Peer) -> None:
    """Its close() may stand on the tape, and yet no end comes: somebody holds the socket."""
    try:
        peer.expect_end()
    except Failure as failure:
        closed = any(event.call in ("close", "kept open") and set(event.key) == set(peer.key)
                     for event in lab.tape.events)
        if failure.kind == "still" and closed:
            failure.kind = "held"
        raise


def expect_blanks(peer: Peer, answer: bytes) -> None:
    try:
        peer.expect(answer)
    except Failure as failure:
        if isinstance(failure.got, bytes) and b"1 TWO BLANKS\n" in failure.got:
            failure.kind = "blanks"
        raise


def read_line(peer: Peer) -> bytes:
    try:
        return peer.read_line()
    except Failure as failure:
        if failure.kind == "still":
            failure.kind = "waits"
        raise


def expect_next(lab: Lab, server: Program) -> None:
    lab.settle()
    if not server.running:
        server.expect_no_traceback()
        lab.fail("Your server is over. It should serve the next client.", kind="exited")


def expect_lines(lab: Lab, reader: Handle, *texts: str | None) -> None:
    for text in texts:
        compare(lab, reader.call("read_line"), text)


def compare(lab: Lab, result: Result, text: str | None) -> None:
    got = result.value_or_fail()
    if got != text:
        kind = "end" if text is None else "none" if got is None else "wrong"
        kind = "mark" if text == f"\ufeff{got}" else kind
        kind = kind if isinstance(got, str | None) else "type"
        what = f"read_line() should return {text!r}. It returned {got!r}."
        lab.fail(what, kind=kind, expected=text, got=got)


def expect_error(lab: Lab, reader: Handle, *names: str, kind: str = "") -> None:
    """kind: in the place of "returned" and "other"."""
    result: Result = reader.call("read_line")
    if not result.error:
        what = f"{names[0]} should be raised here. read_line() returned {result.value!r}."
        lab.fail(what, kind=kind or "returned")
    if not result.raised(*names):
        what = f"{names[0]} should come here. {result.error} came{result.place}: "
        what += result.message
        lab.fail(what, kind=kind or "other")
    if "ValueError" in names and not re.fullmatch(r".*\S.*", result.message):
        lab.fail("The text of the ValueError should say, in one line, what is wrong. It is "
                 f"{result.message!r}{result.place}.", kind="silent")
