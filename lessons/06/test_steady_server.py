"""Lesson 06: A server that stays."""

import pytest
from socklab.lesson import Lab, Peer, Program, core, more


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
    with lab.case("a line that is not UTF-8"):
        client = greeted_client(lab, server)
        client.send("Grüezi\n".encode("latin-1"))
        answer = client.read_line()
        if not answer.startswith(b"error: "):
            what = "The answer to a bad line begins with b'error: '."
            lab.fail(what, expected=b"error: ", got=answer)
        client.expect_end()
        next_client_is_served(lab, server)
    with lab.case("a line of 1000 bytes is a right one"):
        client = greeted_client(lab, server)
        client.send(b"x" * 1000 + b"\n")
        client.expect(b"2 " + b"X" * 1000 + b"\n")
        client.close()
    with lab.case("a line of 1001 bytes"):
        client = greeted_client(lab, server)
        client.send(b"x" * 1001 + b"\n")
        answer = client.read_all()  # up to the end; a reset may take the error with it
        if answer.startswith(b"2"):
            lab.fail("A line of 1001 bytes is too long.", kind="limit",
                     expected=b"error: ", got=answer)
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
