"""Lesson 01: Echo."""

import pytest
from socklab.lesson import Failure, Lab, Peer, Program, core, more, random_bytes

PORT = 5050
WORDS = ["quit", "exit", "bye"]  # they end other programs
LONG = "".join(f"{number:04}" for number in range(750))  # 3,000 digits


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("echo_server.py", port=PORT)


@core
def test_bytes_come_back(server: Program) -> None:
    """What you send to the server comes back."""
    peer = server.connect()
    peer.send(b"hello")
    peer.expect(b"hello")


@core
def test_several_rounds(lab: Lab, server: Program) -> None:
    """The server answers again and again, as long as its client is there."""
    peer = server.connect()
    for data in [b"one", b"two\n", b"a third one", b"4"]:
        peer.send(data)
        peer.expect(data)
    peer.expect_nothing()
    for word in WORDS:
        with lab.case(f"the word {word}, alone and with a newline"):
            for data in [word.encode(), f"{word}\n".encode()]:
                peer.send(data)
                expect_word_back(peer, data)
    with lab.case("the client is silent for a minute, and then goes on"):
        expect_patience(lab, peer)
        peer.send(b"still here")
        peer.expect(b"still here")


@core
def test_server_ends(lab: Lab, server: Program) -> None:
    """When its client has ended, the server ends too and the port is free."""
    peer = server.connect()
    for data in [b"good", b"night"]:
        peer.send(data)
        peer.expect(data)
    peer.expect_nothing()  # and no end: the client is still there
    peer.half_close()
    peer.expect_end()
    peer.close()
    expect_good_end(lab, server)
    if not server.connect_refused():
        lab.fail("Your server has ended, yet somebody still listens on its port.")
    with lab.case("the server is started again; its client leaves without a word"):
        server = lab.server("echo_server.py", port=PORT)
        server.connect().close()
        expect_good_end(lab, server)


@core
def test_client_talks(lab: Lab) -> None:
    """The client sends the lines you type and prints what comes back."""
    client, peer = start_client(lab)
    before = ""
    for typed, reply in [
        ("hello", "HELLO"),
        ("Grüezi, Zoë", "GRÜEZI, ZOË"),
        ("  two  blanks  ", "  TWO  BLANKS  "),
        ("   ", "..."),
        *((word, word.upper()) for word in WORDS),
    ]:
        with lab.case(f"the line {typed!r} comes back as {reply!r}"):
            client.type(typed)
            expect_typed(peer, typed)
            peer.send(f"{reply}\n".encode())
            expect_shown(client, reply, before)
            before = reply
        if f"b'{reply}" in client.output:
            lab.fail("Your client prints bytes, not text: b'...'", kind="bytes")
        expect_line_end(client)
    with lab.case("a minute passes before a line is typed, another before it is back"):
        expect_patience(lab, peer)
        client.type("patience")
        peer.expect(b"patience\n")
        expect_patience(lab, peer)
        peer.send(b"PATIENCE\n")
        client.expect_output("PATIENCE")


@core
def test_client_ends(lab: Lab) -> None:
    """The client ends at an empty line and at the end of the input."""
    with lab.case("an empty line"):
        client, peer = start_client(lab)
        echo_two_lines(client, peer)
        client.type("")
        expect_goodbye(lab, client, peer)
    with lab.case("the end of the input"):
        client, peer = start_client(lab)
        echo_two_lines(client, peer)
        client.end_input()
        expect_goodbye(lab, client, peer)
    with lab.case("the input ends before the last line is back"):
        client, peer = start_client(lab)
        client.type("last words")
        client.end_input()
        peer.expect(b"last words\n")
        lab.settle()
        peer.send(b"LAST WORDS\n")
        client.expect_output("LAST WORDS")
        expect_goodbye(lab, client, peer)


@more
def test_any_bytes(server: Program) -> None:
    """Bytes that are no text come back too."""
    data = bytes(range(256)) + "Grüezi 東京 🙂".encode()
    peer = server.connect(recv_max=1)  # every letter of several bytes is cut
    peer.send(data)
    peer.expect(data)


@more
def test_large_transfer(lab: Lab, server: Program) -> None:
    """100,000 random bytes come back, all of them, in order."""
    data = random_bytes(100_000, seed=1)
    peer = server.connect()
    peer.send(data)
    peer.expect(data)
    peer.expect_nothing()
    for size in [1024, 2048, 4096, 8192]:
        with lab.case(f"then {size:,} bytes, and no more until they are back"):
            peer.send(data[:size])
            expect_full_piece(peer, data[:size])


@more
def test_short_sends(lab: Lab) -> None:
    """Nothing is lost when a send takes only a part of the bytes."""
    server = lab.server("echo_server.py", port=PORT, send_max=7)
    data = b"".join(b"%04d " % number for number in range(1000))
    peer = server.connect()
    peer.send(data)
    peer.expect(data)


@more
def test_half_close(lab: Lab, server: Program) -> None:
    """A client that sends no more still gets all its bytes."""
    data = b"".join(b"%04d " % number for number in range(1000))
    peer = server.connect()
    peer.pause()
    peer.send(data)
    peer.half_close()
    lab.settle()
    peer.resume()
    peer.expect(data)
    peer.expect_end()
    if peer.ended == "reset":
        lab.fail("Your server does not close the connection, it breaks it off (a reset).",
                 kind="reset", about=peer.key)
    peer.close()
    expect_good_end(lab, server)


@more
def test_line_in_pieces(lab: Lab) -> None:
    """The client waits until the whole line is back."""
    client, peer = start_client(lab, recv_max=1)
    for line in ["once upon a time", "Grüezi, Zoë", "東京 🙂"]:
        with lab.case(f"{line!r} comes back byte by byte"):
            client.type(line)
            peer.expect(f"{line}\n".encode())
            peer.send(f"{line.upper()}\n".encode())
            client.expect_output(line.upper())
    with lab.case("a line of 3,000 digits"):
        client, peer = start_client(lab)
        client.type(LONG)
        peer.expect(f"{LONG}\n".encode())
        peer.send(f"{LONG[::-1]}\n".encode())
        client.expect_output(LONG[::-1])


@more
def test_nobody_listens(lab: Lab) -> None:
    """Nobody listens: one sentence on stderr, exit status 1."""
    client = lab.program("echo_client.py")
    expect_complaint(lab, client)


@more
def test_server_leaves(lab: Lab) -> None:
    """The server leaves too early: one sentence on stderr, exit status 1."""
    for name, part, leave in [
        ("before the line", b"", Peer.close),
        ("in mid-line", b"HEL", Peer.close),
        ("before the line, with a reset", b"", Peer.reset),
    ]:
        with lab.case(f"the server leaves {name}"):
            client, peer = start_client(lab)
            client.type("hello")
            peer.expect(b"hello\n")
            if part:
                peer.send(part)
            leave(peer)
            expect_complaint(lab, client)
    with lab.case("the server leaves between two lines, with a reset"):
        client, peer = start_client(lab)
        echo_two_lines(client, peer)
        peer.reset()
        lab.settle()
        if client.running:  # one that watches the connection may have ended
            client.type("hello")
        expect_complaint(lab, client)


def start_client(lab: Lab, recv_max: int | None = None) -> tuple[Program, Peer]:
    listener = lab.listen(PORT)
    client = lab.program("echo_client.py", recv_max=recv_max)
    peer = listener.accept()
    listener.close()
    return client, peer


def echo_two_lines(client: Program, peer: Peer) -> None:
    for line in ["good morning", "good night"]:
        client.type(line)
        peer.expect(f"{line}\n".encode())
        peer.send(f"{line.upper()}\n".encode())
        client.expect_output(line.upper())
    peer.expect_nothing()  # and no end: it waits for the next line


def expect_patience(lab: Lab, peer: Peer) -> None:
    """A minute passes: nothing is sent, and nobody ends."""
    lab.jump(60)
    if peer.ended or not lab.programs[-1].running:
        lab.fail("Nothing came for a minute, and your program did not wait that long.",
                 kind="impatient", about=peer.key)
    peer.expect_nothing()


def expect_typed(peer: Peer, line: str) -> None:
    try:
        peer.expect(f"{line}\n".encode())
    except Failure as failure:
        if failure.kind in ("closed", "still") and not line.strip():
            failure.kind = "blank"
        elif failure.kind in ("closed", "exited") and line.lower() in WORDS:
            failure.kind = "word"
        raise


def expect_word_back(peer: Peer, data: bytes) -> None:
    try:
        peer.expect(data)
    except Failure as failure:
        if failure.kind in ("closed", "exited"):
            failure.kind = "word"
        raise


def expect_shown(client: Program, line: str, before: str) -> None:
    try:
        client.expect_output(line.rstrip())  # nobody can see blanks at the end
    except Failure as failure:
        if failure.kind == "still" and before and before in client.unread_output():
            failure.kind = "stale"
            failure.what = f"Your client prints {before!r} once more, not {line!r}."
        if failure.kind == "still" and line.strip() in client.unread_output():
            failure.kind, failure.what = "blanks", f"Your client does not print all of {line!r}."
        raise


def expect_line_end(client: Program) -> None:
    try:
        client.expect_output("\n")
    except Failure as failure:
        if failure.kind == "still":
            failure.kind = "line_end"
            failure.what = "What came back is not on a line of its own: no newline follows it."
        raise


def expect_full_piece(peer: Peer, data: bytes) -> None:
    try:
        peer.expect(data)
    except Failure as failure:
        if failure.kind == "still":
            failure.kind = "full"
        raise


def expect_goodbye(lab: Lab, client: Program, peer: Peer) -> None:
    peer.expect_end()
    peer.close()
    expect_good_end(lab, client)


def expect_good_end(lab: Lab, program: Program) -> None:
    program.expect_exit(None)
    program.expect_no_traceback()
    if program.status != 0:
        lab.fail(f"{program.name} should end with exit status 0.", kind="status")


def expect_complaint(lab: Lab, client: Program) -> None:
    client.expect_exit(None)
    client.expect_no_traceback()
    if client.status != 1:
        lab.fail("Your client should end with exit status 1.",
                 kind="status" if client.status else "wrong")
    if not client.errors.strip():
        lab.fail("Your client ended without a sentence on stderr.", kind="no_sentence")
