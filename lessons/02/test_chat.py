"""Lesson 02: Chat."""

from collections.abc import Callable

import pytest
from socklab.lesson import Failure, Lab, Peer, Program, core, more

PORT = 5000
LONG = "".join(f"{number:04}" for number in range(256))  # the longest: 1024 bytes


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("socket_server.py", port=PORT)


@core
def test_server_prints_what_comes(lab: Lab, server: Program) -> None:
    """The server says who has connected and prints what the client says."""
    peer = server.connect()
    expect_who(server, peer)
    peer.send("Grüezi, Server".encode())
    expect_text(lab, server, "Grüezi, Server")
    after = server.output.partition("Connection from: ")[2]
    if not any(host in after for host in ("127.0.0.1", "::1")):
        lab.fail("Your server prints the client's port number without its address.",
                 kind="address", got=after)


@core
def test_server_asks_and_answers(lab: Lab, server: Program) -> None:
    """The server asks for a line and sends exactly that, turn after turn."""
    peer = server.connect()
    for message, answer in [
        ("Hello", "Good Morning"),
        ("Wie geht's?", "Schön, dass du fragst 🙂"),
        ("  two  blanks  ", "  two  more  "),
        (LONG, LONG[::-1]),
    ]:
        peer.send(message.encode())
        expect_text(lab, server, message)
        expect_prompt(lab, server)
        server.type(answer)
        peer.expect(answer.encode())
        peer.expect_nothing()


@core
def test_server_ends_with_its_client(lab: Lab, server: Program) -> None:
    """When the client ends, the server ends too."""
    peer = server.connect()
    one_turn_with(server, peer)
    one_turn_with(server, peer)
    peer.expect_nothing()  # and no end: the client is still there
    with lab.case("the client's person thinks for a minute"):
        expect_patience(lab, peer)
    peer.half_close()
    peer.expect_end()
    expect_good_end(lab, server)


@core
def test_client_waits_for_the_reply(lab: Lab) -> None:
    """The client sends a line, waits for the reply, prints it, and asks again."""
    client, peer = start_client(lab)
    expect_prompt(lab, client)
    client.type("Hello Server")
    peer.expect(b"Hello Server")
    peer.expect_nothing()
    with lab.case("the server's person thinks for a minute"):
        expect_patience(lab, peer)
    with lab.case("the next line is typed before the reply has come"):
        client.type("Grüezi, 東京 🙂")
        peer.expect_nothing()
    peer.send("Schöne Grüsse".encode())
    expect_text(lab, client, "Schöne Grüsse")
    peer.expect("Grüezi, 東京 🙂".encode())
    peer.send(LONG.encode())
    expect_text(lab, client, LONG)
    client.expect_output(" -> ")
    client.type("  two  blanks  ")
    peer.expect(b"  two  blanks  ")
    peer.send(b"  two  more  ")
    expect_text(lab, client, "  two  more  ")


@core
def test_bye_ends_the_client(lab: Lab) -> None:
    """The word bye ends the client, in any case and with blanks around it."""
    for bye in ["bye", "BYE", "  bYe  "]:
        with lab.case(f"the line {bye!r}"):
            client, peer = start_client(lab)
            for line, reply in [
                ("Good Morning", "Hello"),
                ("Who is there?", "Only me"),
                ("quit", "Quite so"),  # words that end other programs
                ("exit", "That way"),
                ("goodbye for now", "Bye for now"),  # messages that have the word in them
                ("Bye for now", "I say goodbye"),
                ("I say goodbye", "goodbye, then"),
            ]:
                client.type(line)
                expect_sent(peer, line)
                peer.send(reply.encode())
                client.expect_output(reply)
            peer.expect_nothing()  # and no end: nobody has said bye
            client.type(bye)
            peer.expect_end()
            expect_good_end(lab, client)


@more
def test_your_two_programs_talk(lab: Lab, server: Program) -> None:
    """Your own two programs hold a conversation."""
    client = lab.program("socket_client.py")
    server.expect_output("Connection from: ")
    for question, answer in [("Who is there?", "Only me"), ("Grüezi!", "Adieu 🙂")]:
        client.expect_output(" -> ")
        client.type(question)
        server.expect_output(question, " -> ")
        server.type(answer)
        client.expect_output(answer)
    client.type("bye")
    client.expect_exit(0)
    server.expect_exit(0)


@more
def test_empty_line(lab: Lab, server: Program) -> None:
    """An empty line is not sent: each program asks again."""
    client = lab.program("socket_client.py")
    client.expect_output(" -> ")
    with lab.case("two empty lines at the client"):
        client.type("")
        client.expect_output(" -> ")
        client.type("")
        client.expect_output(" -> ")
        client.type("Hello")
        server.expect_output("Hello", " -> ")
    with lab.case("two empty lines at the server"):
        server.type("")
        server.expect_output(" -> ")
        server.type("")
        server.expect_output(" -> ")
        server.type("Good Morning")
        client.expect_output("Good Morning", " -> ")
    with lab.case("an empty line at the client, and then bye"):
        client.type("")
        client.expect_output(" -> ")
        client.type("bye")
        expect_bye(client)


@more
def test_server_says_bye(lab: Lab, server: Program) -> None:
    """The server may say bye as well: it sends nothing and ends."""
    peer = server.connect()
    one_turn_with(server, peer)
    one_turn_with(server, peer)
    for message, answer in [
        ("quit", "exit"),  # words that end other programs
        ("exit", "quit"),
        ("goodbye for now", "goodbye, then"),  # lines that only contain the word
        ("Bye for now", "Bye for now"),
        ("I say goodbye", "I say goodbye"),
    ]:
        with lab.case(f"{message!r} is answered with {answer!r}"):
            peer.send(message.encode())
            expect_turn(server, message)
            server.type(answer)
            expect_sent(peer, answer)
    with lab.case("an empty line, and then bye"):
        peer.send(b"Anything else?")
        server.expect_output("Anything else?", " -> ")
        server.type("")
        expect_asked_again(server)
        server.type(" bYe ")
        peer.expect_end()
    if peer.ended == "reset":
        lab.fail("Your server does not close the connection, it breaks it off (a reset).",
                 kind="reset", about=peer.key)
    expect_good_end(lab, server)


@more
def test_client_notices(lab: Lab) -> None:
    """When the server has gone, the client says so and ends."""
    for how in ["ends", "resets"]:
        with lab.case(f"the server {how} the connection while the client waits for it"):
            client, peer = start_client(lab)
            one_turn_of(client, peer)
            client.type("Are you there?")
            peer.expect(b"Are you there?")
            expect_last_words(lab, client, way_to_go(peer, how))
        with lab.case(f"the server {how} the connection while somebody types"):
            client, peer = start_client(lab)
            one_turn_of(client, peer)
            expect_last_words(lab, client, way_to_go(peer, how), "Are you there?")


@more
def test_server_notices(lab: Lab) -> None:
    """When the client has gone, the server says so and ends."""
    for how in ["ends", "resets"]:
        with lab.case(f"the client {how} the connection while the server waits for it"):
            server = lab.server("socket_server.py", port=PORT)
            peer = server.connect()
            one_turn_with(server, peer)
            expect_last_words(lab, server, way_to_go(peer, how))
        with lab.case(f"the client {how} the connection while somebody types"):
            server = lab.server("socket_server.py", port=PORT)
            peer = server.connect()
            peer.send(b"Hello")
            server.expect_output("Hello", " -> ")
            expect_last_words(lab, server, way_to_go(peer, how), "Are you there?")


@more
def test_nobody_there(lab: Lab) -> None:
    """With nobody there, the client says so on stderr and ends with exit status 1."""
    client = lab.program("socket_client.py")
    client.expect_exit(1)
    client.expect_no_traceback()
    expect_words(lab, client.errors)


def start_client(lab: Lab) -> tuple[Program, Peer]:
    listener = lab.listen(PORT)
    client = lab.program("socket_client.py")
    peer = listener.accept()
    listener.close()
    return client, peer


def one_turn_of(client: Program, peer: Peer) -> None:
    client.expect_output(" -> ")
    client.type("Good Morning")
    peer.expect(b"Good Morning")
    peer.send(b"Hello")
    client.expect_output("Hello", " -> ")


def one_turn_with(server: Program, peer: Peer) -> None:
    peer.send(b"Hello")
    server.expect_output("Hello", " -> ")
    server.type("Good Morning")
    peer.expect(b"Good Morning")


def way_to_go(peer: Peer, how: str) -> Callable[[], None]:
    return peer.close if how == "ends" else peer.reset


def expect_patience(lab: Lab, peer: Peer) -> None:
    """A minute passes: nothing is sent, and nobody ends."""
    lab.jump(60)
    if peer.ended or not lab.programs[-1].running:
        lab.fail("Nothing came for a minute, and your program did not wait that long.",
                 kind="impatient", about=peer.key)
    peer.expect_nothing()


def expect_sent(peer: Peer, line: str) -> None:
    try:
        peer.expect(line.encode())
    except Failure as failure:
        if failure.kind in ("closed", "exited") and line in ("quit", "exit"):
            failure.kind = "word"
        raise


def expect_asked_again(server: Program) -> None:
    try:
        server.expect_output(" -> ")
    except Failure as failure:
        if failure.kind == "still":
            failure.kind = "empty"
        raise


def expect_who(server: Program, peer: Peer) -> None:
    try:
        server.expect_output("Connection from: ", str(peer.port))
    except Failure as failure:
        if failure.kind == "still":  # nobody has spoken yet
            failure.kind = "who"
        raise


def expect_turn(server: Program, text: str) -> None:
    try:
        server.expect_output(text, " -> ")
    except Failure as failure:
        if failure.kind == "exited":
            failure.kind = "heard"
        raise


def expect_bye(client: Program) -> None:
    try:
        client.expect_exit(None)
    except Failure as failure:
        if failure.kind == "still":
            failure.kind = "bye"
        raise


def expect_prompt(lab: Lab, program: Program) -> None:
    def another() -> bool:
        return " -> " not in program.unread_output() and ">" in program.unread_output()

    lab.settle()
    if another():
        lab.settle(horizon=60)  # it may still come
    if another():
        lab.fail("Your program's prompt is not the one of the contract.", kind="prompt",
                 expected=" -> ", got=program.unread_output())
    program.expect_output(" -> ")


def expect_good_end(lab: Lab, program: Program) -> None:
    program.expect_exit(None)
    if program.status != 0:
        program.expect_no_traceback()
        lab.fail(f"{program.name} should end with exit status 0.", kind="status")


def expect_text(lab: Lab, program: Program, text: str) -> None:
    lab.settle()
    if text not in program.output and repr(text.encode()) in program.output:
        lab.fail(f"{program.name} prints bytes, not text: b'...'", kind="bytes")
    try:
        program.expect_output(text.rstrip())  # nobody can see blanks at the end
    except Failure as failure:
        if failure.kind == "still" and text.strip() in program.unread_output():
            failure.kind, failure.what = "blanks", f"{program.name} does not print all of {text!r}."
        raise


def expect_last_words(
    lab: Lab, program: Program, go: Callable[[], None], line: str | None = None
) -> None:
    lab.settle()
    before = program.output
    go()
    lab.settle()  # a program that watches the connection as well may end at once
    if line is not None and program.running:
        program.type(line)
    program.expect_exit(None)
    program.expect_no_traceback()
    after = program.output.removeprefix(before)
    expect_words(lab, after)
    if words_around(after) <= words_around(before):
        lab.fail("The last words are those that stand around every message.", kind="same_words",
                 got=after)


def words_around(output: str) -> set[str]:
    """The lines of an output that have words, without the prompt and the message Hello."""
    lines = [line.replace(" -> ", "").replace("Hello", "") for line in output.splitlines()]
    return {line.strip() for line in lines
            if any(letter.isalpha() for letter in line) and "the TODOs in" not in line}


def expect_words(lab: Lab, text: str) -> None:
    if not words_around(text):
        lab.fail("Your program ended without saying why.", kind="no_sentence")
