"""Lesson 08: Shared state."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from socklab.lesson import Handle, Lab, Peer, Program, Round, Rounds, core, more

SEATS = 10
KELVIN = "buy \u212a"  # for str.lower() and re.IGNORECASE it is a k
STEPS = 1000  # of a server's thread for one command: so many places are tried
# Names like all others, and also what a table may say of a seat that nobody has.
MARKS = ["free", "-", "None", "0", "_", "empty", "x", "X", "none", "Free", "FREE", "EMPTY", "open",
         "nobody", "null", "available", "unsold", "False"]  # fmt: skip
AT_ONCE = (
    "Ann and bob sent their commands at the same moment. The thread that serves ann was held "
    "back in mid-line for a while."
)


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("ticket_office.py", port=5050)


@core
def test_office(lab: Lab) -> None:
    """An office sells its lowest free seat and takes seats back."""
    office = lab.module("ticket_office.py").make("Office", 3)
    expect_calls(
        lab,
        office,
        ("free", (), 3),
        ("buy", ("ann",), 1),
        ("buy", ("bob",), 2),
        ("buy", ("ann",), 3),
        ("free", (), 0),
        ("buy", ("eve",), None),
        ("cancel", ("eve",), False),
        ("cancel", ("ann",), True),
        ("free", (), 1),
        ("buy", ("eve",), 1),
        ("cancel", ("bob",), True),
        ("buy", ("ann",), 2),  # ann's second seat, bought after her seat 3
        ("cancel", ("ann",), True),  # the lowest, not the oldest
        ("buy", ("bob",), 2),
        ("cancel", ("ann",), True),
        ("cancel", ("ann",), False),
        ("cancel", ("bob",), True),
        ("free", (), 2),
        ("buy", ("zoe",), 2),
    )
    other = office.module.make("Office", 2)
    number = other.call("free").value_or_fail()
    if number != 2:
        lab.fail(
            f"After all these calls a second office is made, with 2 seats. All seats of a new "
            f"office are free, but its free() returns {number!r}."
        )
    marks = office.module.make("Office", len(MARKS))
    with lab.case("all seats are free, and somebody gives one back"):
        never = [("cancel", (name,), False) for name in MARKS]
        expect_calls(lab, marks, *never, seats=len(MARKS), kind="mark")
    sold = [("buy", (name,), seat) for seat, name in enumerate(MARKS, 1)]
    expect_calls(lab, marks, *sold, ("free", (), 0), seats=len(MARKS))


@core
def test_server(lab: Lab, server: Program) -> None:
    """All clients buy from the same office."""
    with lab.case("ann is alone"):
        ann = server.connect()
        talk(ann, b"seats\n", b"free 10\n")
        talk(ann, b"buy ann\n", b"sold 1\n")
        talk(ann, b"seats\n", b"free 9\n")
    with lab.case("bob comes while ann is connected and silent"):
        bob = server.connect()
        talk(bob, b"seats\n", b"free 9\n")
        talk(bob, b"buy bob\n", b"sold 2\n")
        talk(ann, b"buy ann\n", b"sold 3\n")
    with lab.case("they give seats back, ann one of bob's"):
        talk(bob, b"cancel bob\n", b"ok\n")
        talk(bob, b"cancel bob\n", b"unknown\n")
        talk(bob, b"buy Bob\n", b"sold 2\n")
        talk(ann, b"cancel bob\n", b"unknown\n")
        talk(ann, b"cancel Bob\n", b"ok\n")
        talk(bob, b"seats\n", b"free 8\n")
    with lab.case("bob buys all that is left"):
        for seat in [2, *range(4, SEATS + 1)]:
            talk(bob, b"buy bob\n", f"sold {seat}\n".encode())
        talk(ann, b"buy ann\n", b"full\n")
        talk(ann, b"seats\n", b"free 0\n")


@core
def test_two_buyers(lab: Lab) -> None:
    """Two threads that buy at the same moment never get the same seat."""
    with lab.case("one seat is free, ann and bob buy"):
        expect_one_of(
            lab,
            office(lab, 1, buy("ann"), buy("bob")),
            "Ann and bob bought at the same moment. There was one seat.",
            [1, None],
            [None, 1],
        )
    with lab.case("two seats are free, ann and bob buy"):
        expect_one_of(
            lab,
            office(lab, 2, buy("ann"), buy("bob")),
            "Ann and bob bought at the same moment. There were two seats.",
            [1, 2],
            [2, 1],
        )


@core
def test_two_returns(lab: Lab) -> None:
    """A seat is taken back once, however many threads ask for it."""
    with lab.case("ann has one seat; two threads give it back"):
        expect_one_of(
            lab,
            office(lab, 2, cancel("ann"), cancel("ann"), first=[buy("ann")]),
            "Two threads gave back ann's seat at the same moment. She had one.",
            [True, False],
            [False, True],
        )


@core
def test_errors(lab: Lab, server: Program) -> None:
    """A command that the contract does not know gets an error, and the talk goes on."""
    client = server.connect()
    commands = ["sell ann", "buy", "cancel", "buy ann bob", "cancel ann bob", "seats now",
                "BUY ann", "rebuy ann", ""]  # fmt: skip
    names = ["buy Zoë", "buy a.b", "buy " + 17 * "x", "cancel Zoë", "cancel " + 17 * "x",
             "buy a^b", "buy [x]", "buy ٣", "buy ſ", KELVIN, "buy "]  # fmt: skip
    for line in commands + names:
        with lab.case(f"the line {line!r}{' (the sign of kelvin, no K)' * (line == KELVIN)}"):
            client.send(f"{line}\n".encode())
            expect_error(lab, client, "command" if line in commands else "wrong")
            talk(client, b"seats\n", b"free 10\n")
    for name in ["x", 16 * "x", "A-Z_a-z_0-9", "007", "-", "_", "free", "buyer", "cancel", "seats"]:
        with lab.case(f"the name {name!r} is a right one"):
            for command, due in [("buy", b"sold 1\n"), ("cancel", b"ok\n")]:
                client.send(f"{command} {name}\n".encode())
                if (answer := client.read_line()) != due:
                    lab.fail("This command is right.", "right", expected=due, got=answer)


@more
def test_every_pair(lab: Lab) -> None:
    """Whatever two threads do at the same moment, the seats are right afterwards."""
    then = [("free", ()), buy("zoe"), buy("zoe"), ("free", ())]
    for name, seats, first, calls, right in [
        ("ann and bob buy", 2, [], [buy("ann"), buy("bob")],
         [[1, 2, 0, None, None, 0], [2, 1, 0, None, None, 0]]),
        ("bob buys while ann gives back the only seat", 1,
         [buy("ann")], [buy("bob"), cancel("ann")],
         [[None, True, 1, 1, None, 0], [1, True, 0, None, None, 0]]),
        ("bob buys while ann gives back one of two seats", 2,
         [buy("ann")], [buy("bob"), cancel("ann")],
         [[2, True, 1, 1, None, 0], [1, True, 1, 2, None, 0]]),
        ("ann and bob give back their seats", 2,
         [buy("ann"), buy("bob")], [cancel("ann"), cancel("bob")],
         [[True, True, 2, 1, 2, 0]]),
        ("ann gives back both of her seats in two threads", 2,
         [buy("ann"), buy("ann")], [cancel("ann"), cancel("ann")],
         [[True, True, 2, 1, 2, 0]]),
        ("bob buys while somebody counts", 3,
         [buy("ann")], [buy("bob"), ("free", ())],
         [[2, 1, 1, 3, None, 0], [2, 2, 1, 3, None, 0]]),
        ("ann gives her seat back while somebody counts", 2,
         [buy("ann")], [cancel("ann"), ("free", ())],
         [[True, 1, 2, 1, 2, 0], [True, 2, 2, 1, 2, 0]]),
        ("ann buys the only seat while bob asks for it and then counts", 1,
         [], [buy("ann"), [buy("bob"), ("free", ())]],
         [[1, None, 0, 0, None, None, 0], [None, 1, 0, 0, None, None, 0]]),
        ("ann buys the only seat while somebody counts and then gives it back", 1,
         [], [buy("ann"), [("free", ()), cancel("ann")]],
         [[1, 0, True, 1, 1, None, 0], [1, 1, True, 1, 1, None, 0],
          [1, 1, False, 0, None, None, 0]]),
        ("bob buys while ann gives back both seats", 2,
         [buy("ann"), buy("ann")], [buy("bob"), [cancel("ann"), cancel("ann")]],
         [[None, True, True, 2, 1, 2, 0], [1, True, True, 1, 2, None, 0]]),
        ("somebody counts while bob buys seat 1 and ann gives back seat 2", 2,
         [buy("bob"), buy("ann"), cancel("bob")],
         [("free", ()), [buy("bob"), cancel("ann")]],
         [[1, 1, True, 1, 2, None, 0], [0, 1, True, 1, 2, None, 0]]),
    ]:  # fmt: skip
        with lab.case(f"{name}; afterwards free(), twice buy('zoe'), free()"):
            rounds = office(lab, seats, *calls, first=first, then=then)
            expect_one_of(
                lab,
                rounds,
                "These results fit no order in which the calls could have come.",
                *right,
            )


@more
def test_last_seat(lab: Lab) -> None:
    """Two clients buy the last seat, or cancel the same one: one of them succeeds."""
    server = lab.server("ticket_office.py", port=5050, turnstile=True)
    ann, bob = server.connect(), server.connect()
    for seat in range(1, SEATS):
        talk(ann, b"buy eve\n", f"sold {seat}\n".encode())
    with lab.case("one seat is left, and both buy"):
        for answers in at_once(lab, server, (ann, b"buy ann\n"), (bob, b"buy bob\n")):
            expect_answers(lab, server, answers, [b"sold 10\n", b"full\n"])
            for client, name, answer in [(ann, b"ann", answers[0]), (bob, b"bob", answers[1])]:
                sold = answer.startswith(b"sold")  # only who has bought it can give it back
                talk(client, b"cancel %s\n" % name, b"ok\n" if sold else b"unknown\n")
    with lab.case("ann has the last seat; both cancel it"):
        talk(ann, b"buy ann\n", b"sold 10\n")
        for answers in at_once(lab, server, (ann, b"cancel ann\n"), (bob, b"cancel ann\n")):
            expect_answers(lab, server, answers, [b"ok\n", b"unknown\n"])
            talk(ann, b"buy ann\n", b"sold 10\n")
    with lab.case("ann has the last seat; she cancels it while bob buys"):
        for answers in at_once(lab, server, (ann, b"cancel ann\n"), (bob, b"buy bob\n")):
            if answers[1] == b"full\n":
                expect_answers(lab, server, answers, [b"ok\n", b"full\n"])
            else:
                expect_answers(lab, server, answers, [b"ok\n", b"sold 10\n"])
                talk(bob, b"cancel bob\n", b"ok\n")
            talk(ann, b"buy ann\n", b"sold 10\n")


@more
def test_slow_reader(lab: Lab, server: Program) -> None:
    """A client that does not read its answers holds nobody up."""
    slow, quick = server.connect(), server.connect()
    talk(slow, b"seats\n", b"free 10\n")
    bob = [(b"buy bob\n", b"sold 2\n"), (b"seats\n", b"free 8\n"), (b"cancel bob\n", b"ok\n")]
    eve = [(b"cancel eve\n", b"ok\n"), (b"buy bob\n", b"sold 2\n")]
    last = [(b"buy eve\n", b"sold 1\n"), (b"cancel bob\n", b"ok\n")]
    for sent, answer, others in [
        (b"buy ann\n", b"sold 1\n", bob),
        (b"seats\n", b"free 9\n", bob),
        (b"cancel zoe\n", b"unknown\n", bob),
        (b"buy\n", b"error: ", bob),
        (b"buy zoe\n", b"full\n", eve),
        (b"cancel ann\n", b"ok\n", last),
    ]:
        if answer == b"full\n":
            for seat in range(2, SEATS + 1):
                talk(quick, b"buy eve\n", f"sold {seat}\n".encode())
        with lab.case(f"a client sends {sent!r} and does not read the answer"):
            slow.pause()
            slow.send(sent)
            lab.settle(1)  # now the server cannot get rid of its answer to this client
            for command, due in others:
                talk(quick, command, due)
            with server.connect() as newcomer:
                talk(newcomer, b"cancel zoe\n", b"unknown\n")
            slow.resume()
            if answer == b"error: ":
                expect_error(lab, slow)
            else:
                slow.expect(answer)


@more
def test_whole_lines(lab: Lab, server: Program) -> None:
    """A command counts when its line is whole, and not before."""
    with lab.case("four commands, byte by byte"):
        client = server.connect(recv_max=1)
        client.send(b"buy ann\nseats\ncancel ann\r\nseats\n")
        client.expect(b"sold 1\nfree 9\nok\nfree 10\n")
    with lab.case("four commands in one segment"):
        client = server.connect()
        client.send(b"buy ann\nseats\ncancel ann\r\nseats\n")
        client.expect(b"sold 1\nfree 9\nok\nfree 10\n")
    for sent, how in [
        (b"buy bob", "half-closes"),
        (b"buy bob", "closes"),
        (b"buy bob", "breaks off"),
        (b"buy bob\r", "half-closes"),
    ]:
        with lab.case(f"a client sends {sent!r} without a newline and {how}"):
            hasty = server.connect()
            hasty.send(sent)
            lab.settle()
            if how == "half-closes":
                hasty.half_close()
                hasty.expect_end()
            elif how == "closes":
                hasty.close()
            else:
                hasty.reset()
            lab.settle()
            talk(client, b"seats\n", b"free 10\n")


@more
def test_bad_line(lab: Lab, server: Program) -> None:
    """A line that is too long, or not UTF-8, gets an error and the end."""
    other = server.connect()
    for name, good, bad in [
        ("not UTF-8", b"", b"buy Zo\xeb\n"),
        ("1001 bytes", b"", b"x" * 1001 + b"\n"),
        ("not UTF-8, sent together with a good line", b"seats\n", b"\xff\n"),
        ("501 letters of 2 bytes each", b"", "é".encode() * 501 + b"\n"),
    ]:
        with lab.case(name):
            client = server.connect()
            talk(client, b"seats\n", b"free 10\n")
            client.send(good + bad)
            if good:
                answer = client.read_line()
                if answer != b"free 10\n":
                    lab.fail(
                        "The line before the bad one is a good one.",
                        "good",
                        expected=b"free 10\n",
                        got=answer,
                    )
            expect_error(lab, client)
            client.expect_end()
            talk(other, b"seats\n", b"free 10\n")
    with lab.case("exactly 1000 bytes: no command, but not too long"):
        client = server.connect()
        client.send(b"x" * 1000 + b"\n")
        expect_error(lab, client)
        outcome = lab.settle()
        if client.ended:
            lab.fail(
                "A line of 1000 bytes is not too long: after its error the connection stays.",
                "limit",
                outcome=outcome,
                ended=client.ended,
                about=client.key,
            )
        talk(client, b"seats\n", b"free 10\n")


@more
def test_seats_stay_sold(lab: Lab, server: Program) -> None:
    """However a client leaves, its seats stay sold, and the others are served."""
    stayer = server.connect()
    for seat, how in enumerate(["closes", "half-closes", "breaks off"], start=1):
        with lab.case(f"a client buys a seat and {how}"):
            client = server.connect()
            talk(client, b"buy ann\n", f"sold {seat}\n".encode())
            lab.settle()
            if how == "half-closes":
                client.send(b"seats\n")
                client.half_close()
                client.expect(f"free {SEATS - seat}\n".encode())
                client.expect_end()
            elif how == "closes":
                client.close()
            else:
                client.reset()
            lab.settle()
            talk(stayer, b"seats\n", f"free {SEATS - seat}\n".encode())
            talk(server.connect(), b"seats\n", f"free {SEATS - seat}\n".encode())


@more
def test_crowd(lab: Lab, server: Program) -> None:
    """Fifty clients buy at once: each of the ten seats is sold once."""
    clients = [server.connect() for _ in range(50)]
    lab.settle()
    for client in clients:
        client.send(b"buy ann\n")
    answers = sorted(client.read_line() for client in clients)
    due = sorted([b"full\n"] * 40 + [f"sold {n}\n".encode() for n in range(1, SEATS + 1)])
    if answers != due:
        lab.fail(
            "Fifty clients bought at once, from ten seats.",
            expected=b"".join(due),
            got=b"".join(answers),
        )
    with lab.case("all fifty break off, and another client comes"):
        for client in clients:
            client.reset()
        client = server.connect()
        client.send(b"seats\n")
        outcome = lab.wait(lambda: client.received or client.ended, server, horizon=5)
        if outcome is not None and outcome.kind == "still":
            lab.fail(
                "Fifty clients have broken off. The next one comes, and nobody serves it.",
                "places",
                expected=b"free 0\n",
                got=b"",
                outcome=outcome,
                about=client.key,
            )
        client.expect(b"free 0\n")


# -- calls at the same moment, without sockets --------------------------------------------

Call = tuple[str, tuple]
Calls = Call | list[Call]  # of one thread


def buy(name: str) -> Call:
    return ("buy", (name,))


def cancel(name: str) -> Call:
    return ("cancel", (name,))


def expect_calls(
    lab: Lab,
    office: Handle,
    *calls: tuple[str, tuple, Any],
    seats: int = 3,
    kind: str = "wrong",
) -> None:
    """Each call gives what it should, one after the other."""
    done = []
    for method, arguments, due in calls:
        text = f"{method}({', '.join(map(repr, arguments))})"
        value = office.call(method, *arguments).value_or_fail()
        done.append(text)
        if value != due or isinstance(value, bool) != isinstance(due, bool):
            lab.fail(
                f"An office with {seats} seats: {', '.join(done[-6:])}. The last of these calls "
                f"returns {value!r}; {due!r} is due.",
                "none" if value is None else kind,
            )


def office(
    lab: Lab, seats: int, *calls: Calls, first: Sequence[Call] = (), then: Sequence[Call] = ()
) -> Rounds:
    """Run the calls in one thread each, on a new office in every round."""
    return lab.turnstile(
        "ticket_office.py",
        setup="Office",
        setup_args=(seats,),
        first=first,
        threads=calls,
        then=then,
    )


def expect_one_of(lab: Lab, rounds: Rounds, what: str, *right: list) -> None:
    """What each round gave, and what came afterwards, is one of the right lists."""

    def ok(found: Round) -> bool:
        return [*found.results, *found.after] in right

    wrong = [found for found in rounds if not found.deadlock and not ok(found)]
    for found in sorted(wrong, key=lambda found: bool(found.errors))[:1]:
        if not found.errors:
            pairs = zip(found.calls, found.results, strict=True)
            gave = [f"{call} gives {value!r}" for call, value in pairs]
            what = f"{what} {' and '.join(gave)}."
        if found.after:
            what += f" Afterwards: {', '.join(map(repr, found.after))}."
        if not found.switched:
            lab.fail(f"{what} This is no race yet: solve the first check before this one.")
    lab.expect_rounds(rounds, ok, what)


# -- the server -----------------------------------------------------------------------------


def at_once(
    lab: Lab, server: Program, *orders: tuple[Peer, bytes]
) -> Iterator[tuple[bytes, bytes]]:
    """Let two clients send a command each; yield their answers, for each place to wait at.

    The first one's thread is held at its k-th step until the other one has come to rest.
    """
    (first, command), (second, other) = orders
    for step in range(STEPS):
        lab.settle()
        server.hold(step)
        first.send(command)
        lab.settle()
        second.send(other)
        lab.settle()
        held = server.let_go()
        outcome = lab.settle()
        if outcome.deadlock:
            lab.fail(
                f"{AT_ONCE} Now the threads wait for each other for ever.",
                kind="deadlock",
                outcome=outcome,
                table=lab.table(server),
            )
        yield first.read_line(), second.read_line()
        if not held:
            return  # no thread makes so many steps for one command
    lab.fail(
        f"Your server makes more than {STEPS} steps for one command: more than can be tried. "
        "No mistake was found so far, but that is no proof.",
        kind="long",
    )


def expect_answers(
    lab: Lab, server: Program, answers: tuple[bytes, bytes], due: list[bytes]
) -> None:
    """Both have these answers, in whichever order."""
    if sorted(answers) != sorted(due):
        lab.fail(
            f"{AT_ONCE} Then ann read {plain(answers[0])}, bob read {plain(answers[1])}. These "
            "answers fit no order in which the two commands could have come.",
            kind="race",
            table=lab.table(server),
        )


def talk(client: Peer, sent: bytes, answer: bytes) -> None:
    """Send something; the answer comes before any timeout of the server is over."""
    start = len(client.received)
    client.send(sent)
    outcome = client.lab.wait(
        lambda: len(client.received) >= start + len(answer) or client.ended,
        client.program,
        horizon=5,
    )
    got = bytes(client.received[start:])
    if outcome is not None and client.program is not None and answer.startswith(got):
        raise client.program.failure_of(
            outcome, "The answer does not come.", expected=answer, got=got
        )
    client.expect(answer)


def plain(line: bytes) -> str:
    return repr(line.decode("utf-8", "replace").strip())


def expect_error(lab: Lab, client: Peer, kind: str = "wrong") -> None:
    answer = client.read_line()
    if not answer.startswith(b"error: ") or len(answer) < len(b"error: x\n"):
        lab.fail("An error and its reason are due.", kind, expected=b"error: ", got=answer)
