"""Lesson 07: Threads."""

import sys

import pytest
from socklab.lesson import Failure, Lab, Peer, Program, core, more

WORDS = ["quit", "exit", "bye"]  # they end other programs


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("threaded_server.py", port=5050)


@core
def test_silent_client(lab: Lab, server: Program) -> None:
    """A silent client holds nobody up."""
    with lab.case("a client comes and says nothing; then a second one talks"):
        server.connect()
        lab.settle()
        talker = server.connect()
        talk(talker, b"hello\n", b"1 HELLO\n")
    with lab.case("another one stops in mid-line; the second one goes on"):
        server.connect().send(b"hel")
        lab.settle()
        talk(talker, "Grüezi\r\nthree\n".encode(), "2 GRÜEZI\n3 THREE\n".encode())
    with lab.case("the second one stops in mid-line itself, and goes on later"):
        talker.send(b"fo")
        talker.expect_nothing()
        talk(talker, b"ur\n", b"4 FOUR\n")


@core
def test_own_numbers(lab: Lab) -> None:
    """Every client has its own answers and its own numbers, from 1."""
    server = lab.server("threaded_server.py", port=5050, turnstile=True)
    lab.settle()  # the threads that it starts for itself are there: none of them is held
    with lab.case("ann and bob come; a new thread is held at its first step until both are there"):
        server.hold(0, only_new=True)
        ann, bob = server.connect(), server.connect()
        lab.settle()
        held = server.let_go()
        try:
            talk(ann, b"hello\n", b"1 HELLO\n")
        except Failure as failure:
            # has her thread served bob?  Without a thread, or in need of one, he waits as well
            if held and failure.kind in ("still", "closed", "other") and is_served(bob):
                failure.kind, failure.table = "meanwhile", lab.table(server)
            raise
        talk(bob, b"hello\n", b"1 HELLO\n")
    with lab.case("each sends one more line"):
        talk(ann, b"one\n", b"2 ONE\n")
        talk(bob, b"eins\n", b"2 EINS\n")
    with lab.case("they take turns in mid-line"):
        talk(ann, b"two\nthr", b"3 TWO\n")
        talk(bob, b"zwei\ndr", b"3 ZWEI\n")
        talk(ann, b"ee\n", b"4 THREE\n")
        talk(bob, b"ei\n", b"4 DREI\n")
    with lab.case("ann sends an empty line"):
        talk_as("empty", ann, b"\n", b"5 \n")
    with lab.case("ann sends a line with blanks at both ends"):
        talk_as("blanks", ann, b"  two  blanks \n", b"6   TWO  BLANKS \n")
    for number, word in enumerate(WORDS, 7):
        with lab.case(f"ann sends the line {word}, which is a line like any other"):
            talk_as("word", ann, f"{word}\n".encode(), f"{number} {word.upper()}\n".encode())
    ann.expect_nothing()


@core
def test_fifty_clients(lab: Lab, server: Program) -> None:
    """Fifty clients are served at the same time."""
    clients = [server.connect() for _ in range(50)]
    lab.settle()
    with lab.case("all of them are connected; now each one sends a line, the last one first"):
        for client in reversed(clients):
            talk(client, b"hello\n", b"1 HELLO\n")
    with lab.case("all of them send the next line before one reads"):
        for client in clients:
            client.send(b"again\n")
        for client in clients:
            client.expect(b"2 AGAIN\n")


@core
def test_endings(lab: Lab, server: Program) -> None:
    """However a client ends, it hears its answers and the end, and the others go on."""
    others = Others(server)
    for sent, answers in [
        (b"", b""),
        (b"one\ntwo\n", b"1 ONE\n2 TWO\n"),
        (b"one\ntw", b"1 ONE\n"),
        (b"one\ntwo\r", b"1 ONE\n"),
        (b"one\rtwo\n", b"1 ONE\rTWO\n"),
    ]:
        what = repr(sent) if sent else "nothing"
        with lab.case(f"one client sends {what} and half-closes"):
            client = server.connect()
            if sent:
                client.send(sent)
            client.half_close()
            client.expect(answers)
            client.expect_end()
            others.go_on()
        with lab.case(f"one client sends {what} and closes"):
            client = server.connect()
            if sent:
                client.send(sent)
            client.expect(answers)
            client.close()
            others.go_on()


@core
def test_error_is_seen(lab: Lab) -> None:
    """A client that breaks off is reported on stderr, and the others go on."""
    server = lab.server("threaded_server.py", port=5050, turnstile=True)
    others = Others(server)
    for name, sent in [("while the server waits for a line", b""), ("in mid-line", b"hel")]:
        with lab.case(f"a reset {name}"):
            client = greeted_client(server)
            if sent:
                client.send(sent)
            lab.settle(1)
            reported = len(server.errors)
            client.reset()
            lab.settle(1)
            others.go_on()
            if len(server.errors) == reported:
                lab.fail(
                    "A client broke off, and your server wrote nothing about it to stderr.",
                    kind="unseen",
                    about=client.key,
                )
    with lab.case("a reset just before the answer"):
        client = greeted_client(server)
        client.pause()
        client.send(b"hello\n")
        lab.settle(1)  # now its thread has the line and stands before the answer
        client.reset()
        client.resume()  # the send that was held back finds out
        others.go_on()
    if sys.platform != "linux":
        return  # there, accept() may say that such a client has been, or never give it at all
    with lab.case("one client comes; before the next accept() another one comes and breaks off"):
        lab.settle(1)  # no other thread has anything to do, so main() is the one that is held
        server.hold(0)
        server.connect()
        lab.settle(1)
        client = server.connect()
        client.reset()
        server.let_go()
        lab.settle(1)
        if server.crashes and not server.running:
            lab.fail(
                "A client was gone already. This has ended your server.",
                kind="before",
                about=client.key,
            )
        others.go_on()


@more
def test_bad_line(lab: Lab) -> None:
    """A bad line is answered with an error and the end, and the others go on."""
    server = lab.server("threaded_server.py", port=5050, send_max=5)
    with lab.case("each send takes 5 bytes at most"):
        talk_as("short", server.connect(), b"hello\n", b"1 HELLO\n")
    others = Others(server)
    for name, good, answers, bad in [
        ("not UTF-8", b"", b"", b"caf\xe9\n"),
        ("1001 bytes", b"", b"", b"x" * 1001 + b"\n"),
        ("not UTF-8, sent together with a good line", b"one\n", b"2 ONE\n", b"\xff\n"),
        ("501 letters of 2 bytes each", b"", b"", "é".encode() * 501 + b"\n"),
    ]:
        with lab.case(name):
            client = greeted_client(server)
            client.send(good + bad)
            if good:
                expect_good(lab, client, "The line before the bad one is a good one.", answers)
            answer = client.read_line()
            if not answer.startswith(b"error: "):
                lab.fail(
                    "A bad line is answered with a line that begins with b'error: '.",
                    expected=b"error: ",
                    got=answer,
                )
            client.expect_end()
            others.go_on()
    with lab.case("exactly 1000 bytes, which is not too long"):
        client = greeted_client(server)
        client.send(b"x" * 1000 + b"\n")
        expect_good(lab, client, "A line of 1000 bytes is a good one.", b"2 %s\n" % (b"X" * 1000))


@more
def test_slow_reader(lab: Lab, server: Program) -> None:
    """A client that does not read its answers holds nobody up."""
    others = Others(server)
    client = greeted_client(server)
    client.pause()
    client.send(b"one\ntwo\nthree\n")
    lab.settle()  # now the server cannot get rid of its answer to this client
    others.go_on()
    client.resume()
    client.expect(b"2 ONE\n3 TWO\n4 THREE\n")


@more
def test_idle(lab: Lab, server: Program) -> None:
    """Who is silent for 30 seconds hears bye: idle; the others and the server stay."""
    talker, silent, halfway = greeted_client(server), server.connect(), server.connect()
    halfway.send(b"hel")
    with lab.case("one client is silent, the other sends a line after 20 seconds"):
        lab.jump(20)
        talker.send(b"two\n")
        talker.expect(b"2 TWO\n")
        lab.jump(9)
        silent.expect_nothing()
        lab.jump(2)
        silent.expect(b"bye: idle\n")
        silent.expect_end()
    with lab.case("one client has sent b'hel', and then nothing for 31 seconds"):
        expect_bye(lab, halfway, "It is silent, in the middle of a line.", "halfway")
    with lab.case("the other sends its next line 15 seconds later"):
        lab.jump(4)
        expect_no_bye(lab, talker)
        talker.send(b"three\n")
        talker.expect(b"3 THREE\n")
    with lab.case("31 seconds after its third line, the other has sent nothing more"):
        lab.jump(31)
        expect_bye(lab, talker, "It has talked, and is silent now.", "later")
    with lab.case("no client is there for 100 seconds, then one comes"):
        lab.jump(100)
        greeted_client(server)


@more
def test_threads_end(lab: Lab, server: Program) -> None:
    """A client's thread ends when the client has gone."""
    counts = []
    for number in range(1, 4):
        with lab.case(f"24 clients come and go, round {number}"):
            silent = [newcomer(lab, server, number > 1) for _ in range(2)]
            lab.jump(31)
            clients = silent + [newcomer(lab, server, number > 1) for _ in range(22)]
            for client in clients[2:4]:
                client.send(b"\xff\n")
            lab.settle()
            for client in clients[:6]:  # two silent ones, two with a bad line, two more
                client.close()
            for client in clients[6:8]:
                client.half_close()
                client.expect_end()
            for client in clients[8:]:  # so many that 50 permits would not last for 3 rounds
                client.reset()
            counts.append(server.threads)
    if counts[-1] > counts[0]:
        lab.fail(
            "Nobody is connected any more, yet the threads of your server grow in number: "
            f"{counts[0]} after the first 24 clients, {counts[1]} after the next 24, "
            f"then {counts[2]}.",
            kind="leak",
            outcome=lab.settle(),
        )


@more
@pytest.mark.skipif(
    sys.platform == "win32", reason="on Windows, Ctrl-C does not interrupt accept()"
)
def test_ctrl_c(lab: Lab, server: Program) -> None:
    """Ctrl-C ends the server, even while clients are connected."""
    greeted_client(server)
    silent = [server.connect() for _ in range(10)]
    unread = greeted_client(server)
    unread.pause()
    unread.send(b"two\n")
    lab.settle()  # now the server cannot get rid of its answer to this client
    server.interrupt()
    lab.jump(5)
    if server.running:
        outcome = lab.settle()
        unread.resume()
        lab.settle()
        who = "" if server.running else ", until a client that reads nothing begins to read"
        lab.fail(
            f"Five seconds after Ctrl-C your server is still there{who}: a program ends when "
            "its main thread and all threads that are not daemons have ended.",
            kind="unread" if who else "still",
            outcome=outcome,
        )
    for client in silent:
        client.receive()  # a last word is allowed
        client.expect_end()


class Others:
    """A client that was there before, and in each round one that comes new."""

    def __init__(self, server: Program) -> None:
        self.server = server
        self.stayer = greeted_client(server)
        self.number = 1

    def go_on(self) -> None:
        self.number += 1
        talk(self.stayer, b"still here\n", f"{self.number} STILL HERE\n".encode())
        greeted_client(self.server).close()


def newcomer(lab: Lab, server: Program, others_left: bool) -> Peer:
    """A client that comes, perhaps when others have gone, and is served like the first."""
    client = server.connect()
    client.send(b"hello\n")
    outcome = lab.wait(lambda: client.received or client.ended, server, horizon=5)
    if others_left and outcome is not None and outcome.kind == "still":
        lab.fail(
            "Many clients have come and gone. The next one comes, and nobody serves it.",
            "places",
            expected=b"1 HELLO\n",
            got=b"",
            outcome=outcome,
            about=client.key,
        )
    client.expect(b"1 HELLO\n")
    return client


def expect_good(lab: Lab, client: Peer, what: str, answer: bytes) -> None:
    """This good line has its answer, though it stands beside a bad one, or looks like one."""
    got = client.read_line()
    if got.startswith(b"error: "):
        lab.fail(f"{what} Your server answers it with an error.", "good", expected=answer, got=got)
    if got != answer:
        lab.fail(f"{what} Other bytes come back.", expected=answer, got=got)


def expect_bye(lab: Lab, client: Peer, what: str, kind: str) -> None:
    """By now this client has heard bye: idle; then comes the end."""
    outcome = lab.settle()
    if not client.ended and len(client.received) == client.consumed:
        lab.fail(
            f"For 31 seconds not one byte has come from this client. {what}",
            kind,
            expected=b"bye: idle\n",
            got=b"",
            outcome=outcome,
            about=client.key,
        )
    client.expect(b"bye: idle\n")
    client.expect_end()


def expect_no_bye(lab: Lab, client: Peer) -> None:
    """This client has sent a line less than 30 seconds ago."""
    lab.settle()
    got = bytes(client.received[client.consumed :])
    if got:
        lab.fail(
            "The last line of this client is not 30 seconds old, and it is sent away.",
            "early",
            expected=b"",
            got=got,
            ended=client.ended,
            about=client.key,
        )


def greeted_client(server: Program) -> Peer:
    """A client that has sent its first line and has its answer."""
    client = server.connect()
    talk(client, b"hello\n", b"1 HELLO\n")
    return client


def is_served(client: Peer) -> bool:
    """Does this client have the answer to its first line?"""
    try:
        talk(client, b"hello\n", b"1 HELLO\n")
    except Failure:
        return False
    return True


def talk_as(kind: str, client: Peer, sent: bytes, answer: bytes) -> None:
    """The same, for a line that a server may take for something else: this is its hint."""
    try:
        talk(client, sent, answer)
    except Failure as failure:
        got = failure.got if isinstance(failure.got, bytes) else b""
        if {
            "empty": failure.kind in ("still", "closed") or got in (b"4 \n", b"5\n"),
            "blanks": bool(got) and got.split() == answer.split(),
            "word": failure.kind in ("closed", "exited"),
            "short": bool(got) and answer.startswith(got),
        }[kind]:
            failure.kind = kind
        raise


def talk(client: Peer, sent: bytes, answer: bytes) -> None:
    """Send something; the answer comes before any client can have been idle too long."""
    start = len(client.received)
    client.send(sent)
    outcome = client.lab.wait(
        lambda: len(client.received) >= start + len(answer) or client.ended,
        client.program,
        horizon=5,
    )
    got = bytes(client.received[start:])
    if outcome is not None and client.program is not None and answer.startswith(got):
        failure = client.program.failure_of(
            outcome, "The answer does not come.", expected=answer, got=got
        )
        others = [peer for peer in client.lab.peers if isinstance(peer, Peer) and peer != client]
        if any(answer in peer.received[peer.consumed :] for peer in others):
            failure.kind, failure.what = "other", "The answer has gone to another client."
        raise failure
    client.expect(answer)
