"""Lesson 06: A server that stays."""

import sys

import pytest
from socklab.lesson import Failure, Lab, Peer, Program, core, more

WORDS = ["quit", "exit", "bye"]  # they end other programs


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("steady_server.py", port=5050)


@core
def test_lines(lab: Lab, server: Program) -> None:
    """Each line is answered with its number and the line in upper case."""
    client = server.connect()
    client.send(b"hello\n")
    client.expect(b"1 HELLO\n")
    with lab.case("two lines in one segment, the first ends with CR LF"):
        client.send("Grüezi\r\nthree\n".encode())
        client.expect("2 GRÜEZI\n3 THREE\n".encode())
    with lab.case("a line in two pieces"):
        client.send(b"fo")
        client.expect_nothing()
        client.send(b"ur\n")
        client.expect(b"4 FOUR\n")
    with lab.case("an empty line"):
        client.send(b"\n")
        client.expect(b"5 \n")
    with lab.case("a CR in the middle of a line, which is no end of a line"):
        client.send(b"one\rtwo\n")
        answer = client.read_line()
        if answer != b"6 ONE\rTWO\n":
            lab.fail("Only \\n ends a line. A \\r belongs to the end only just before it.",
                     kind="return", expected=b"6 ONE\rTWO\n", got=answer)
    with lab.case("a line with blanks at both ends"):
        client.send(b"  two  blanks \n")
        expect_all_of_it(client, b"7   TWO  BLANKS \n")
    for number, word in enumerate(WORDS, 8):
        with lab.case(f"the line {word}, which is a line like any other"):
            client.send(f"{word}\n".encode())
            expect_all_of_it(client, f"{number} {word.upper()}\n".encode())


@core
def test_next_client(lab: Lab, server: Program) -> None:
    """When a client has left, the next one is served, again from number 1."""
    for sent, answers in [
        (b"one\ntwo\n", b"1 ONE\n2 TWO\n"),
        (b"", b""),
        (b"one\ntw", b"1 ONE\n"),
    ]:
        for how in ["closes", "half-closes"]:
            with lab.case(f"a client sends {sent} and {how}; then the next one comes"):
                lab.settle()
                client = server.connect()
                client.send(sent)
                client.expect(answers)
                lab.settle()
                if how == "closes":
                    client.close()
                else:
                    client.half_close()
                next_client_is_served(lab, server)


@core
def test_reset(lab: Lab, server: Program) -> None:
    """A client that breaks off does no harm to the next one."""
    with lab.case("a reset while the server waits for a line"):
        client = greeted_client(lab, server)
        lab.settle()
        client.reset()
        next_client_is_served(lab, server)
    with lab.case("a reset in the middle of a line"):
        client = greeted_client(lab, server)
        client.send(b"hel")
        lab.settle()
        client.reset()
        next_client_is_served(lab, server)
    for half_closed in [False, True]:
        before = "a half-close and " if half_closed else ""
        with lab.case(f"{before}a reset just before the answer"):
            client = greeted_client(lab, server)
            client.pause()
            client.send(b"hello\n")
            if half_closed:
                client.half_close()
            lab.settle()  # now the server has the line and stands before its answer
            client.reset()
            client.resume()  # the answer goes on its way, and meets the reset
            next_client_is_served(lab, server)


@core
def test_restart(lab: Lab, server: Program) -> None:
    """The server can start again at once, even while a client is still connected."""
    client = greeted_client(lab, server)
    server.stop()
    again = lab.server("steady_server.py", port=5050)
    next_client_is_served(lab, again)
    client.close()


@more
def test_half_close(lab: Lab, server: Program) -> None:
    """A client that half-closes hears every answer, and then the end."""
    for unfinished in [b"", b"thr"]:
        with lab.case(f"two lines, {unfinished!r} and the half-close"):
            lab.settle()
            client = server.connect()
            client.send(b"one\ntwo\n" + unfinished)
            client.half_close()
            client.expect(b"1 ONE\n2 TWO\n")
            client.expect_end()


@more
def test_bad_line(lab: Lab, server: Program) -> None:
    """A bad line is answered with an error and the end; the next client is served."""
    for good, answer in [(b"", b""), (b"one\n", b"2 ONE\n")]:
        together = ", in one segment with a good line" if good else ""
        with lab.case(f"a line that is not UTF-8{together}"):
            client = greeted_client(lab, server)
            client.send(good + "Grüezi\n".encode("latin-1"))
            got = client.read_line()
            if good and got.startswith(b"error: "):
                lab.fail("The line before the bad one is a good one.", kind="good",
                         expected=answer, got=got)
            if good and got == answer:
                got = client.read_line()
            if not got.startswith(b"error: "):
                lab.fail("The answer to a bad line begins with b'error: '.",
                         expected=b"error: ", got=got)
            client.expect_end()
            next_client_is_served(lab, server)
    with lab.case("a line of 1000 bytes is a right one"):
        client = greeted_client(lab, server)
        client.send(b"x" * 1000 + b"\n")
        client.expect(b"2 " + b"X" * 1000 + b"\n")
        client.close()
    for what, letter, number, kind in [("1001 bytes", "x", 1001, "limit"),
                                       ("501 letters of 2 bytes each", "é", 501, "letters")]:
        with lab.case(f"a line of {what}"):
            client = greeted_client(lab, server)
            client.send(letter.encode() * number + b"\n")
            got = client.read_all()  # up to the end; a reset may take the error with it
            if got.startswith(b"2"):
                lab.fail(f"A line of {what} is too long.", kind=kind,
                         expected=b"error: ", got=got)
            next_client_is_served(lab, server)
    for how in ["closes", "breaks off"]:
        with lab.case(f"a client sends a bad line, and {how} before error: comes"):
            client = greeted_client(lab, server)
            client.pause()
            client.send(b"\xff\n")
            lab.settle()  # now the server stands before its error:
            if how == "closes":
                client.close()
            else:
                client.reset()
            server_has_survived(lab, server, "beside")
            next_client_is_served(lab, server)


@more
def test_waiting_client(lab: Lab, server: Program) -> None:
    """A client in the queue is served in its turn, even if it has left by then."""
    with lab.case("it is still there when its turn comes"):
        first = greeted_client(lab, server)
        second = server.connect()
        second.send(b"hello\n")
        first.close()
        second.expect(b"1 HELLO\n")
        second.close()
    with lab.case("it is gone when its turn comes"):
        first = greeted_client(lab, server)
        second = server.connect()
        second.send(b"one\ntwo\nthree\n")
        second.close()
        first.close()
        next_client_is_served(lab, server)
    with lab.case("it is still there, and the one before it breaks off"):
        first = greeted_client(lab, server)
        second = server.connect()
        second.send(b"hello\n")
        lab.settle()
        first.reset()
        second.expect(b"1 HELLO\n")
        second.close()
    if sys.platform != "linux":
        return  # there, accept() may say that such a client has been, or never give it at all
    with lab.case("it has half-closed and broken off when its turn comes"):
        first = greeted_client(lab, server)
        second = server.connect()
        second.half_close()
        second.reset()
        first.close()
        server_has_survived(lab, server, "before")
        next_client_is_served(lab, server)


@more
def test_idle(lab: Lab, server: Program) -> None:
    """A client silent for 30 seconds hears bye: idle, and the next one is served."""
    for sent in [b"", b"hello\n", b"hello\nhel"]:
        with lab.case(f"a client sends {sent} and is silent"):
            lab.settle()
            client = server.connect()
            client.send(sent)
            client.expect(b"1 HELLO\n" if sent else b"")
            lab.jump(29)
            client.expect_nothing()
            lab.jump(11)
            in_time = bool(client.ended) or server.untracked
            client.expect(b"bye: idle\n")
            client.expect_end()
            if not in_time:
                lab.fail("bye: idle comes at last, but not yet after 40 seconds of silence.",
                         kind="slow")
            next_client_is_served(lab, server)
    with lab.case("nobody comes for a minute, then the next client"):
        lab.jump(60)
        next_client_is_served(lab, server)


@more
def test_not_idle(lab: Lab, server: Program) -> None:
    """A client that sends a line every 20 seconds may stay."""
    client = server.connect()
    for number in range(1, 7):
        with lab.case(f"{number * 20} seconds after it has come"):
            lab.jump(20)
            client.send(b"hello\n")
            client.expect(f"{number} HELLO\n".encode())


@more
def test_short_sends(lab: Lab) -> None:
    """Every answer is sent whole, however little one send takes."""
    server = lab.server("steady_server.py", port=5050, send_max=5)
    client = server.connect()
    with lab.case("each send takes 5 bytes at most; two lines"):
        client.send(b"hello\n" + b"x" * 1000 + b"\n")
        client.expect(b"1 HELLO\n2 " + b"X" * 1000 + b"\n")
    with lab.case("each send takes 5 bytes at most; 30 seconds of silence"):
        lab.jump(31)
        client.expect(b"bye: idle\n")
        client.expect_end()
    with lab.case("each send takes 5 bytes at most; a bad line"):
        client = server.connect()
        client.send(b"\xff\n")
        answer = client.read_all()
        if not answer.startswith(b"error: ") or not answer.endswith(b"\n"):
            lab.fail("To a bad line is due: error:, a reason, and the newline.", got=answer)


@more
def test_hundred_clients(lab: Lab, server: Program) -> None:
    """A hundred clients are served one after the other, and each sees its end."""
    for number in range(1, 101):
        with lab.case(f"client number {number}"):
            client = greeted_client(lab, server)
            client.half_close()
            client.expect_end()
    closed = server.calls("close")  # those that Python closes, as no variable holds them, too
    if closed < 50 and not server.untracked:
        lab.fail(f"100 clients have seen their end, and of their sockets {closed} are closed.",
                 kind="kept")


def expect_all_of_it(client: Peer, answer: bytes) -> None:
    """Blanks belong to a line, and no word is an order."""
    try:
        client.expect(answer)
    except Failure as failure:
        blanks = isinstance(failure.got, bytes) and failure.got.split() == answer.split()
        if blanks:
            failure.kind = "blanks"
        elif failure.kind in ("closed", "exited") and answer.split()[-1].lower().decode() in WORDS:
            failure.kind = "word"
        raise


def greeted_client(lab: Lab, server: Program) -> Peer:
    """A client that has sent its first line and has its answer."""
    lab.settle()
    if not server.running:
        server.expect_no_traceback()
        lab.fail("Your server is over. It should serve the next client.", kind="exited")
    client = server.connect()
    client.send(b"hello\n")
    client.expect(b"1 HELLO\n")
    return client


def next_client_is_served(lab: Lab, server: Program) -> None:
    greeted_client(lab, server).close()


def server_has_survived(lab: Lab, server: Program, kind: str) -> None:
    """A client that is gone has cost it this client, and nothing more."""
    lab.settle()
    if server.crashes and not server.running:
        lab.fail("The client was gone already. This has ended your server.", kind=kind)
