"""Lesson 09: Chat room."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from socklab.lesson import Failure, Lab, Peer, Program, core, every_cut, more, random_text

PORT = 5050
STEPS = 1000  # of a thread of the room for one line: so many places are tried
NO_NAMES = ["", "a" * 17, "ann bob", "Zoë", "ann!", "日本", " ann", "ann²", "ann３", "a^b"]


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("chat_server.py", port=PORT)


@core
def test_client_listens_and_types(lab: Lab) -> None:
    """The client shows what comes though nobody types, and sends what is typed."""
    client, room = client_in_room(lab, "ann")
    with lab.case("bob says something, and nobody has typed anything"):
        room.send("said bob Grüezi, Ann!\n".encode())
        expect_shown(lab, client, "bob", "Grüezi, Ann!")
    with lab.case("two lines and a half come at once, then the other half"):
        room.send("joined carol\nsaid carol  東京 🙂\nsaid bob Zo".encode() + b"\xc3")
        expect_shown(lab, client, "carol", "carol", " 東京 🙂")
        room.send(b"\xab!\n")
        expect_shown(lab, client, "bob", "Zoë!")
    with lab.case(r"in a TEXT, \x0b and \u2028 are no ends of a line"):
        room.send("said bob one\x0btwo\u2028three\n".encode())
        with fails_as(still="end_of_line", crashed="end_of_line"):
            expect_shown(lab, client, "bob", "one", "two", "three")
            client.expect_no_traceback()
    with lab.case("two lines are typed"):
        client.type("Hello, everybody!")
        client.type("  Zoë says:  hi ")
        room.expect("say Hello, everybody!\nsay   Zoë says:  hi \n".encode())
        room.expect_nothing()
    with lab.case("three blanks are typed: this is no empty line"), \
            fails_as(still="only_blanks", closed="only_blanks", exited="only_blanks"):
        client.type("   ")
        room.expect(b"say    \n")


@core
def test_join(lab: Lab, server: Program) -> None:
    """Who says hello hears welcome, and all other members hear joined."""
    stranger = server.connect()
    ann = enter(server, "ann")
    with lab.case("bob says hello"):
        bob = enter(server, "bob")
        hear(ann, "joined bob")
    with lab.case("a name of 16 bytes; the line ends with CR LF and comes byte by byte"):
        long = enter(server, "A-Z_a-z_09876543", end="\r\n", cuts=range(1, 40))
        hear(ann, "joined A-Z_a-z_09876543")
        hear(bob, "joined A-Z_a-z_09876543")
    hear_nothing(ann, bob, long, stranger)


@core
def test_leave(lab: Lab, server: Program) -> None:
    """However a member goes, the others hear left, once, and the name is free."""
    ann, bob = enter_all(server, "ann", "bob")
    endings: dict[str, tuple[bytes, Callable[[Peer], None]]] = {
        "says bye": (b"bye\n", Peer.expect_end),
        "says bye, with a line behind it": (b"bye\nsay I am gone\n", Peer.expect_end),
        "half-closes": (b"", Peer.half_close),
        "closes": (b"", Peer.close),
        "closes in the middle of a line": (b"say unfinished", Peer.close),
        "resets": (b"", Peer.reset),
        "resets in the middle of a line": (b"say unfinished", Peer.reset),
    }
    for how, (last, end) in endings.items():
        with lab.case(f"dave joins and {how}"):
            stranger = server.connect()
            dave = enter(server, "dave")
            if last:
                dave.send(last)
            lab.settle()
            stranger.close()
            with fails_as(**{"wrong": "behind_bye"} if "behind" in how else {}):
                end(dave)
                for other in (ann, bob):
                    hear(other, "joined dave", "left dave")
                    hear_nothing(other)
            if not dave.closed:
                dave.expect_end()
    with lab.case("a stranger says bye"):
        stranger = server.connect()
        stranger.send(b"bye\n")
        stranger.expect_end()


@core
def test_broadcast(lab: Lab, server: Program) -> None:
    """What one says, all other members hear once, and nobody else hears it."""
    stranger = server.connect()
    ann, bob, carol = enter_all(server, "ann", "bob", "carol")
    for text in ["hi", " two  blanks, said ann ", "Zoë 東京 🙂", "x" * 996]:
        with lab.case(f"ann says {text[:40]!r}"):
            ann.send(f"say {text}\n".encode())
            hear(bob, f"said ann {text}")
            hear(carol, f"said ann {text}")
    with lab.case("ann says three blanks"), \
            fails_as(still="only_blanks", closed="only_blanks"):
        ann.send(b"say    \n")
        for other in (bob, carol):
            hear(other, "said ann    ")
    with lab.case("ann says a text with characters that are no ends of a line"):
        text = "a\vb\fc\x1cd\x85e\u2028f\rg\r"
        ann.send(f"say {text}\r\n".encode())
        with fails_as(wrong="end_of_line", still="end_of_line", closed="end_of_line"):
            hear(bob, f"said ann {text}")
            hear(carol, f"said ann {text}")
    with lab.case("two minutes later bob answers; nobody has sent anything meanwhile"), \
            fails_as(wrong="silence", closed="silence"):
        lab.jump(120)
        bob.send(b"say hi, ann\n")
        hear(ann, "said bob hi, ann")
        hear(carol, "said bob hi, ann")
    with lab.case("emil joins, speaks and half-closes, all in one go"):
        emil = server.connect()
        emil.send(b"hello parley/1 emil\nsay so long\n")
        emil.half_close()
        hear(emil, "welcome emil")
        emil.expect_end()
        for other in (ann, bob, carol):
            hear(other, "joined emil", "said emil so long", "left emil")
    line = "say Zoë\r\n".encode()
    start = len(b"hello parley/1 dave\n")
    cuts = [start + n * len(line) + cut
            for n, (_, cuts) in enumerate(every_cut(line)) for cut in cuts]
    dave = enter(server, "dave", cuts=cuts)
    for other in (ann, bob, carol):
        hear(other, "joined dave")
    for name, _ in every_cut(line):
        with lab.case(f"a line of another member comes {name}"):
            dave.send(line)
            for other in (ann, bob, carol):
                hear(other, "said dave Zoë")
    hear_nothing(ann, bob, carol, dave, stranger)


@core
def test_order(lab: Lab, server: Program) -> None:
    """What one member says, the others hear in its order."""
    ann, bob, carol = enter_all(server, "ann", "bob", "carol")
    texts = [f"{number} {random_text(number, number)}" for number in range(40)]
    lines = [f"say {text}\n".encode() for text in texts]
    with lab.case("ann says 40 lines in one segment"):
        ann.send(b"".join(lines))
        for other in (bob, carol):
            hear(other, *[f"said ann {text}" for text in texts])
    with lab.case("bob and carol say 40 lines each, at the same time"):
        for line in lines:
            bob.send(line)
            carol.send(line)
        hear(bob, *[f"said carol {text}" for text in texts])
        hear(carol, *[f"said bob {text}" for text in texts])
        heard = [next_line(ann) for _ in range(2 * len(texts))]
        for name in ("bob", "carol"):
            due = [f"said {name} {text}" for text in texts]
            came = [words for words in heard if words.startswith(f"said {name} ")]
            if due != came:
                what = f"Ann does not hear all that {name} says, in the order of {name}."
                lab.fail(what, about=ann.key, expected=" / ".join(due),
                         got=" / ".join(came))
    hear_nothing(ann, bob, carol)


@more
def test_client_commands(lab: Lab) -> None:
    """The client knows /to, /who and /quit, and says it when the room is gone."""
    client, room = client_in_room(lab, "ann")
    with lab.case("/to, /who, an empty line, /dance, /today and /whoever are typed"):
        for typed in ("/to bob pssst:  two blanks", "/who", "", "/dance", "/today I am late",
                      "/whoever"):
            client.type(typed)
        room.expect(b"to bob pssst:  two blanks\nwho\n")
        room.expect_nothing()
    for line, *texts in [
        ("here ann bob", "ann", "bob"), ("told bob  yes?  no", "bob", " yes?  no"),
        ("weather sunny",), ("left bob", "bob"), ("error nobody is called so", "is called so"),
    ]:
        known = "" if texts else ", which is not in PARLEY.md"
        with lab.case(f"the room sends {line!r}{known}"), fails_as(still="not_shown"):
            room.send(f"{line}\n".encode())
            expect_shown(lab, client, *texts)
            client.expect_no_traceback()
    with lab.case("the longest lines come from the room"):
        for name, text in [("bob" * 5, "x" * 996), ("c" * 16, "y" * 996)]:
            room.send(f"said {name} {text}\n".encode())
            with fails_as(still="longest", crashed="longest"):
                expect_shown(lab, client, name, text)
    with lab.case("/quit is typed, and the room does not close the connection"):
        client.type("/quit")
        room.expect(b"bye\n")
        expect_exit(client, 0, still="after_bye")
    with lab.case("the first name is refused; then the input ends"):
        client, room = client_at_door(lab)
        client.type("bob")
        room.expect(b"hello parley/1 bob\n")
        room.send(b"error taken choose another name\n")
        expect_shown(lab, client, "choose another name")
        say_hello(lab, client, room, "ann")
        client.end_input()
        room.expect(b"bye\n")
        room.close()
        expect_exit(client, 0, still="after_bye")
    for typed, then in [("", ""), ("is anybody here?", ", and then a line is typed")]:
        with lab.case(f"the room resets the connection{then}"):
            client, room = client_in_room(lab, "ann")
            before = client.output
            room.reset()
            expect_farewell(lab, client, before, typed)
    with lab.case("the room ends the connection in the middle of a line"):
        client, room = client_in_room(lab, "ann")
        before = client.output
        room.send(b"said bob good mor")
        room.close()
        expect_farewell(lab, client, before)
    with lab.case("nobody listens"):
        client = lab.program("chat_client.py")
        client.expect_exit(1)
        client.expect_no_traceback()
        expect_sentence(lab, client.errors)
    for how in ("/quit is typed", "the input ends"):
        with lab.case(f"{how} where the client waits for a name"):
            client, room = client_at_door(lab)
            lab.settle()
            client.end_input() if "ends" in how else client.type("/quit")
            with fails_as(wrong="no_name", closed="no_name", still="no_name"):
                room.expect(b"bye\n")
            expect_exit(client, 0, still="after_bye")
    with lab.case("a line that is not in PARLEY.md comes, then welcome and said in one piece"):
        client, room = client_at_door(lab)
        client.type("ann")
        room.expect(b"hello parley/1 ann\n")
        room.send(b"weather sunny\n")
        lab.settle()
        room.send(b"welcome ann\nsaid bob good morning\n")
        lab.jump(1)
        client.type("hi")
        with fails_as(wrong="unknown", closed="unknown", exited="unknown", still="unknown"):
            room.expect(b"say hi\n")
        with fails_as(still="with_welcome"):
            expect_shown(lab, client, "bob", "good morning")
    with lab.case("then the room ends the connection"):
        before = client.output
        room.close()
        expect_farewell(lab, client, before)
    for how in ("ends", "resets"):
        with lab.case(f"instead of an answer to hello, the room {how} the connection"):
            client, room = client_at_door(lab)
            client.type("ann")
            room.expect(b"hello parley/1 ann\n")
            lab.settle()
            before = client.output
            room.close() if how == "ends" else room.reset()
            expect_farewell(lab, client, before)


@more
def test_direct_messages(lab: Lab, server: Program) -> None:
    """What is for one member, only that one hears; who gives the names of all."""
    stranger = server.connect()
    carol, ann, bob = enter_all(server, "carol", "ann", "Bob")
    with lab.case("Bob writes to ann"):
        bob.send("to ann  pssst:  zwölf  Uhr \n".encode())
        hear(ann, "told Bob  pssst:  zwölf  Uhr ")
    with lab.case("Bob writes two blanks to ann"), \
            fails_as(still="only_blanks", closed="only_blanks"):
        bob.send(b"to ann   \n")
        hear(ann, "told Bob   ")
    with lab.case("ann writes to herself"):
        ann.send(b"to ann milk, bread\n")
        hear(ann, "told ann milk, bread")
    with lab.case("ann asks who is here"):
        ann.send(b"who\n")
        hear(ann, "here Bob ann carol")
    with lab.case("Bob leaves; then ann asks again, and writes to Bob"):
        bob.close()
        hear(ann, "left Bob")
        hear(carol, "left Bob")
        lab.settle()
        ann.send(b"who\nto Bob where are you?\n")
        hear(ann, "here ann carol")
        expect_error(lab, ann, "nobody")
    with lab.case("carol asks who is here, and half-closes at once"):
        carol.send(b"who\n")
        carol.half_close()
        hear(carol, "here ann carol")
        carol.expect_end()
        hear(ann, "left carol")
    with lab.case("ann asks who is here, says bye at once, and reads only then"):
        ann.pause()
        ann.send(b"who\nbye\n")
        lab.jump(1)
        ann.resume()
        with fails_as(closed="due_before_bye", still="due_before_bye"):
            hear(ann, "here ann")
            ann.expect_end()
    hear_nothing(stranger)


@more
def test_errors(lab: Lab, server: Program) -> None:
    """A line that is not right gets its error, and has no other effect."""
    ann = enter(server, "ann")
    guest = server.connect()
    for code, wrong in [
        *[("state", line) for line in ("say hi", "to ann hi", "who", "hi", "", "bye bye")],
        *[("version", line) for line in (
            "hello parley/2 bob", "hello parley/10 bob", "hello PARLEY/1 bob", "hello bob",
            "hello")],
        *[("name", f"hello parley/1 {name}") for name in NO_NAMES], ("name", "hello parley/1"),
        ("taken", "hello parley/1 ann"),
    ]:
        with lab.case(f"somebody who is no member sends {wrong!r}"):
            guest.send(f"{wrong}\n".encode())
            expect_error(lab, guest, code)
    with lab.case("after all these errors this guest joins as ANN, though ann is here"):
        guest.send(b"hello parley/1 ANN\n")
        with fails_as(wrong="capitals"):
            hear(guest, "welcome ANN")
        hear(ann, "joined ANN")
    for code, wrong in [
        *[("state", f"hello parley/{version} bob") for version in (1, 2)],
        *[("nobody", f"to {name} hi") for name in ("bob", "Ann", "ann!", "")],
        *[("command", line) for line in ("shout hi", "sayonara", "say", "say ", "to ann",
                                         "to ann ", "who ", "bye bye", "")],
    ]:
        with lab.case(f"ANN, a member, sends {wrong!r}"):
            guest.send(f"{wrong}\n".encode())
            expect_error(lab, guest, code)
    with lab.case("then ANN speaks"):
        guest.send(b"say hi\n")
        hear(ann, "said ANN hi")
    for name, bad, still in [
        ("a line that is not UTF-8", "say Zoë\n".encode("latin-1"), "still"),
        ("1001 bytes in 503 characters, and no newline yet", f"say x{'é' * 498}".encode(),
         "limit"),
        (r"a line with 1000 bytes before its \r\n", b"say " + b"x" * 996 + b"\r\n", "cr"),
    ]:
        with lab.case(f"dave, a member, sends {name}"):
            dave = enter(server, "dave")
            dave.send(bad)
            with fails_as(still=still):
                expect_error(lab, dave, "line")
            dave.expect_end()
            hear(ann, "joined dave", "left dave")
    with lab.case("a stranger sends a line that is not UTF-8"), \
            fails_as(crashed="stranger", still="stranger", closed="stranger"):
        stranger = server.connect()
        stranger.send(b"hello parley/1 Zo\xeb\n")
        expect_error(lab, stranger, "line")
        stranger.expect_end()


@more
def test_one_owner(lab: Lab) -> None:
    """Two ask for one name, or the last place, at the same moment: exactly one is welcome."""
    room = Turnstile(lab)
    ann = enter(room.server, "ann")
    newcomer, loser = room.server.connect(), room.server.connect()
    for number in room.rounds(to_the_answer=True):
        two, name = [newcomer, loser], f"n{number}"
        with room.one_held("two ask for the same name"):
            room.send(*[(peer, f"hello parley/1 {name}") for peer in two], (ann, "say hi"))
            winner = who_is_welcome(lab, two, [name, name], "taken")
            two[winner].close()
            lab.settle()
            hear(ann, f"joined {name}", f"left {name}")
        newcomer, loser = room.server.connect(), two[1 - winner]
    with lab.case("others join, one after the other, up to 32; then one more says hello"), \
            fails_as(wrong="places", code="places", still="strangers"):
        for number in range(31):
            last = enter(room.server, f"m{number}")
        newcomer.send(b"hello parley/1 ann\nhello parley/1 zoe\n")
        with fails_as(code="first_fits"):
            expect_error(lab, newcomer, "taken")
        expect_error(lab, newcomer, "full")
        last.close()
        lab.jump(1)  # who looks around now and then has seen it
    with lab.case("ten more connect and say nothing yet; then the last of them says hello"), \
            fails_as(still="strangers", closed="strangers"):
        strangers = [room.server.connect() for _ in range(10)]
        strangers[-1].send(b"hello parley/1 ann\n")
        expect_error(lab, strangers[-1], "taken")
        for stranger in strangers:
            stranger.close()
    # each round is told to 31 members, so only some: from the look to the entry it is far
    for number in room.rounds(stride=5, to_the_answer=True):
        two, names = [newcomer, loser], [f"a{number}", f"b{number}"]
        with room.one_held("there is one place left, and two say hello"):
            room.send(*[(two[n], f"hello parley/1 {names[n]}") for n in (0, 1)])
            winner = who_is_welcome(lab, two, names, "full")
            two[winner].close()
            lab.jump(1)
        newcomer, loser = room.server.connect(), two[1 - winner]


@more
def test_whole_lines(lab: Lab) -> None:
    """Some speak, ask, come and go at the same moment: each line comes whole, once."""
    room = Turnstile(lab)
    names = [f"n{number}" for number in range(4)]
    members = list(zip(names, enter_all(room.server, *names), strict=True))
    numbers = itertools.count(4)
    # a loop over the members has many steps, so not each of them is needed; but each second
    # one where two speak: between two pieces of a line there may be no more
    for scene, stride in [(two_speak, 2), (one_asks, 2), (one_writes, 1), (one_leaves, 3),
                          (one_joins, 5)]:
        for _ in room.rounds(stride, to_the_answer=scene in (one_asks, one_writes)):
            newcomer = (f"n{next(numbers)}", room.server.connect())
            scene(room, members, newcomer)
            members[0][1].close()  # it has left
            members = [*members[1:], newcomer]


@more
def test_death_in_mid_broadcast(lab: Lab, server: Program) -> None:
    """A member breaks off in mid-broadcast: the others miss nothing."""
    names = ["ann", "bob", "carol", "dave", "emil"]
    room = dict(zip(names, enter_all(server, *names), strict=True))
    for name in names[1:4]:
        with lab.case(f"ann speaks, and {name} breaks off without having read it"):
            lab.settle()
            gone = room.pop(name)
            gone.pause()
            room["ann"].send(b"say one\n")
            lab.jump(1)
            gone.reset()
            gone.resume()  # a send that waits for this reader fails now
            lab.settle()
            for other, peer in room.items():
                due = [f"left {name}"] + ["said ann one"] * (other != "ann")
                heard = hear_all(peer, due)
                if sorted(heard) != sorted(due):
                    server.expect_no_traceback()
                    # whether she is thrown out before or after bob leaves is chance
                    out = "left ann" in heard or room["ann"].ended
                    lab.fail(f"{other.title()} does not hear what is due, in any order.",
                             kind="speaker" if out else "wrong",
                             about=peer.key, expected=" / ".join(due),
                             got=" / ".join(heard))
        with lab.case(f"then ann speaks again, and {name} comes back"):
            room["ann"].send(b"say two\n")
            others = [peer for other, peer in room.items() if other != "ann"]
            for peer in others:
                hear(peer, "said ann two")
            room[name] = enter(server, name)
            for peer in [room["ann"], *others]:
                hear(peer, f"joined {name}")


@more
def test_slow_reader(lab: Lab, server: Program) -> None:
    """A member who does not read slows nobody down, and misses nothing."""
    ann, bob, slow, carol = enter_all(server, "ann", "bob", "slow", "carol")
    texts = [f"{number} {'x' * 980}" for number in range(96)]
    said = [f"said ann {text}" for text in texts]
    slow.pause()
    with lab.case("slow does not read; ann says 96 long lines"), not_closed(slow):
        ann.send("".join(f"say {text}\n" for text in texts).encode())
        hear_soon(bob, *said)
        hear_soon(carol, *said)
    lab.settle()
    with lab.case("then dave comes, bob speaks, carol writes to slow and leaves: now 100 lines "
                  "wait for slow"), not_closed(slow):
        dave = server.connect()
        dave.send(b"hello parley/1 dave\n")
        hear_soon(dave, "welcome dave")
        lab.settle()
        bob.send(b"say hi\n")
        hear_soon(ann, "joined dave", "said bob hi")
        lab.settle()
        carol.send(b"to slow hello\nbye\n")
        hear_soon(dave, "said bob hi", "left carol")
        lab.settle()
    with lab.case("slow does not read for a minute, and nobody says anything"), \
            not_closed(slow, "patience"):
        lab.jump(60)
        hear_nothing(dave)
    with lab.case("slow reads again, first a few bytes at a time"):
        for few in (5, 1, 100, 2):
            slow.pause(after=few)
        slow.resume()
        hear(slow, *said, "joined dave", "said bob hi", "told carol hello", "left carol")
    slow = leave_unread(lab, server, slow, ann, dave)
    with lab.case("slow stops once more, and reads when ann has written 250 lines to it"):
        slow.pause()
        ann.send("".join(f"to slow {number}\n" for number in range(250)).encode())
        lab.jump(5)
        slow.resume()
        due = [f"told ann {number}" for number in range(250)]
        heard = hear_all(slow, due)
        cut = slow.ended and "\n".join(due).startswith("\n".join(heard))
        if heard != due and not cut:
            server.expect_no_traceback()
            lab.fail("Slow misses a line, and hears others behind it: all lines wait, or the "
                     "connection ends.", kind="dropped", about=slow.key,
                     expected=" / ".join(due), got=" / ".join(heard))


def leave_unread(lab: Lab, server: Program, slow: Peer, ann: Peer, dave: Peer) -> Peer:
    """Slow says bye and does not read what is due to it; give the next one of this name."""
    with lab.case("slow does not read; ann speaks, and slow says bye"), \
            fails_as(still="unread_bye"):
        slow.pause()
        ann.send(b"say hi\n")
        hear_soon(dave, "said ann hi")
        lab.settle()
        slow.send(b"bye\n")
        hear_soon(dave, "left slow")
    with lab.case("then another one says hello as slow"), \
            fails_as(wrong="unread_bye", still="unread_bye"):
        lab.settle()
        other = server.connect()
        other.send(b"hello parley/1 slow\n")
        hear_soon(other, "welcome slow")
    with lab.case("and the one who said bye reads again"), \
            fails_as(closed="due_to_a_leaver", still="due_to_a_leaver"):
        slow.resume()
        hear(slow, "said ann hi")
        slow.expect_end()
        hear(dave, "joined slow")
    with lab.case("that was no news for the others: there is another slow now"), \
            fails_as(wrong="left_again", closed="left_again"):
        slow.close()
        lab.jump(1)
        hear_nothing(dave, other)
    return other


# -- what the checks are made of ------------------------------------------------------


def client_in_room(lab: Lab, name: str) -> tuple[Program, Peer]:
    """The client, welcome under this name; the bench plays the room."""
    client, room = client_at_door(lab)
    say_hello(lab, client, room, name)
    return client, room


def client_at_door(lab: Lab) -> tuple[Program, Peer]:
    listener = lab.listen(PORT)
    client = lab.program("chat_client.py")
    room = listener.accept()
    listener.close()
    return client, room


def say_hello(lab: Lab, client: Program, room: Peer, name: str) -> None:
    client.type(name)
    room.expect(f"hello parley/1 {name}\n".encode())
    room.send(f"welcome {name}\n".encode())
    lab.jump(1)  # (who looks around now and then has seen it)


def expect_shown(lab: Lab, client: Program, *texts: str) -> None:
    """The client prints each of the texts, in this order, with nothing typed."""
    lab.settle()
    shown = client.unread_output()
    if any(repr(text.encode())[2:-1] in shown and text not in shown for text in texts):
        lab.fail("Your client shows bytes, not text: b'...'", kind="bytes", got=shown)
    client.expect_output(*texts)


def expect_exit(client: Program, status: int | None, still: str) -> None:
    """It ends.  still: the kind of failure if it waits, and its main thread is not over."""
    try:
        client.expect_exit(status)
    except Failure as failure:
        if failure.kind == "still" and failure.outcome is not None:
            waits = failure.outcome.waits.get(client.name, [])
            over = any(call == "join" and not line for _, call, _, line, *_ in waits)
            failure.kind = "kept_alive" if over else still
        raise


def expect_farewell(lab: Lab, client: Program, before: str, typed: str = "") -> None:
    """The room is gone: the client says so, and ends when Enter is pressed, if not before.

    typed: what stands in front of that Enter.
    """
    lab.jump(1)
    client.expect_no_traceback()
    expect_sentence(lab, client.output.removeprefix(before))
    if client.running:
        client.type(typed)
    with fails_as(**{"crashed": "said_to_nobody"} if typed else {}):
        expect_exit(client, None, still="enter")
        client.expect_no_traceback()


@contextmanager
def not_closed(peer: Peer, kind: str = "closed") -> Iterator[None]:
    """Its connection stays.  If it does not, then this is why others hear that it has left."""
    try:
        yield
        peer.lab.settle()
    except Failure as failure:
        if not peer.ended or failure.kind not in ("still", "wrong", "crashed"):
            raise
    if peer.ended:
        peer.lab.fail(f"Your room has closed the connection of {name_of(peer)}, who does not "
                      "read.", kind=kind, about=peer.key)


@contextmanager
def fails_as(**kinds: str) -> Iterator[None]:
    """Give a kind of failure the hint that is meant for this place."""
    try:
        yield
    except Failure as failure:
        failure.kind = kinds.get(failure.kind, failure.kind)
        raise


def expect_sentence(lab: Lab, text: str) -> None:
    if not any(letter.isalpha() for letter in text):
        lab.fail("Your client does not say what has happened.", kind="no_sentence")


def enter(server: Program, name: str, *, end: str = "\n",
          cuts: Iterable[int] | None = None) -> Peer:
    """A new member of this name; all is quiet before and after."""
    server.lab.settle()
    peer = server.connect(cuts=cuts)
    peer.send(f"hello parley/1 {name}{end}".encode())
    hear(peer, f"welcome {name}")
    server.lab.settle()
    return peer


def enter_all(server: Program, *names: str) -> list[Peer]:
    """New members, who have heard each other's coming."""
    peers: list[Peer] = []
    for name in names:
        newcomer = enter(server, name)
        for peer in peers:
            hear(peer, f"joined {name}")
        peers.append(newcomer)
    return peers


def hear(peer: Peer, *lines: str) -> None:
    """The next lines that this peer hears are exactly these."""
    try:
        peer.expect(*[f"{line}\n".encode() for line in lines])
    except Failure as failure:
        wrong = failure.kind == "wrong"
        how = "hears something else than is due" if wrong else "does not hear all that is due"
        failure.what = f"{who_hears(peer)} {how}."
        raise


def hear_soon(peer: Peer, *lines: str) -> None:
    """The same, within a second of the program's time."""
    due = "".join(f"{line}\n" for line in lines).encode()
    end = peer.consumed + len(due)
    assert peer.program is not None
    outcome = peer.lab.wait(
        lambda: len(peer.received) >= end or peer.ended, peer.program, horizon=1
    )
    if outcome is not None and len(peer.received) < end:
        peer.lab.settle()
        got = bytes(peer.received[peer.consumed :])
        what = f"{who_hears(peer)} does not hear all that is due, a second later."
        raise peer.program.failure_of(outcome, what, about=peer.key, expected=due, got=got)
    hear(peer, *lines)


def hear_nothing(*peers: Peer) -> None:
    """Nothing comes to any of them."""
    for peer in peers:
        try:
            peer.expect_nothing()
        except Failure as failure:
            if failure.kind == "wrong":
                failure.what = f"{who_hears(peer)} hears something, but nothing is due."
            raise


def who_hears(peer: Peer) -> str:
    """The name under which this peer has become a member, for the beginning of a sentence."""
    name = name_of(peer)
    return name[0].upper() + name[1:]


def name_of(peer: Peer) -> str:
    names = re.findall(rb"^welcome (.+)\n", peer.received[: peer.consumed], re.M)
    return names[-1].decode("utf-8", "replace") if names else "a client that is no member"


def hear_all(peer: Peer, due: list[str]) -> list[str]:
    """What this peer hears until all that is due has come, or for a second.

    No longer: a program that looks around every now and then would take many looks.
    """
    kinds = Counter(line.split()[0].encode() for line in due)

    def all_came() -> bool:
        lines = bytes(peer.received[peer.consumed :]).split(b"\n")[:-1]
        return kinds <= Counter(line.partition(b" ")[0] for line in lines)

    peer.lab.wait(lambda: all_came() or peer.ended, peer.program, horizon=1)
    peer.lab.settle()  # and whatever else there is
    heard = bytes(peer.received[peer.consumed :])
    peer.consumed = len(peer.received)
    return heard.decode().splitlines()


def next_line(peer: Peer) -> str:
    """The next line that this peer hears, without its end."""
    return peer.read_line().decode().removesuffix("\n")


def expect_error(lab: Lab, peer: Peer, code: str) -> None:
    what, due = f"Due here: error {code} and a few words.", f"error {code} ..."
    try:
        answer = next_line(peer)
    except Failure as failure:
        came = failure.got
        failure.what, failure.expected = what, due
        failure.got = came.decode("utf-8", "replace") if isinstance(came, bytes) else came
        raise
    if not re.fullmatch(rf"error {code} .*\S.*", answer):
        lab.fail(what, kind="code", about=peer.key, expected=due, got=answer)


# -- at the same moment -----------------------------------------------------------------

Member = tuple[str, Peer]  # with the name


class Turnstile:
    """The room, with rounds; in each of them a thread is held one step later than before."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.server = lab.server("chat_server.py", port=PORT, turnstile=True)
        self.step, self.held, self.alone = 0, False, False
        self.answered = False  # had the held thread answered before?

    def rounds(self, stride: int = 1, to_the_answer: bool = False) -> Iterator[int]:
        """Give the steps at which a thread is held, until no thread makes so many.

        stride: only every so many of them.  to_the_answer: not those that come after a
        round in which the thread had answered before it was held: what it had to look up
        it has looked up by then.
        """
        for self.step in range(0, STEPS, stride):
            yield self.step
            if not self.held or self.alone or (to_the_answer and self.answered):
                return
        self.lab.fail(f"Your room makes more than {STEPS} steps for one line: more than can be "
                      "tried. No mistake was found so far, but that is no proof.", kind="long")

    @contextmanager
    def one_held(self, what: str) -> Iterator[None]:
        """One round; a failure shows what the threads have run."""
        self.lab.settle()
        with self.lab.case(f"{what} (round {self.step})"):
            self.server.hold(self.step)
            try:
                yield
            except Failure as failure:
                failure.table = self.lab.table(self.server)
                raise
            self.lab.settle()

    def send(self, *orders: tuple[Peer, str], answer_to: Peer | None = None) -> None:
        """Send each line when all that came before has come to rest; then let the thread go.

        answer_to: who hears what comes of the first line; its sender, if not given.
        """
        for number, (peer, line) in enumerate(orders):
            peer.send(f"{line}\n".encode())
            self.lab.settle()
            if number == 0:
                who = answer_to or peer
                self.answered = len(who.received) > who.consumed
        self.held = self.server.let_go()
        outcome = self.lab.settle()
        if self.step == 0:  # is one thread at work, which no other one can come between?
            ran = {thread for thread, _, _ in self.server.lines()}
            self.alone = len(ran) == self.server.threads == 1
        if outcome.deadlock:
            self.lab.fail("The threads wait for each other for ever.", kind="deadlock",
                          outcome=outcome)

    def expect(self, peer: Peer, *due: str, same: str = "", but_for: str = "") -> None:
        """The next lines are these, in any order.

        same: a line that may come in the place of the last one.  but_for: how a line begins
        that may come, or not.
        """
        heard = [due[-1] if same and line == same else line for line in hear_all(peer, [*due])
                 if not (but_for and line.startswith(but_for))]
        if sorted(heard) != sorted(due):
            self.server.expect_no_traceback()
            self.lab.fail(f"Due to {name_of(peer)}: each of these lines once, in any order.",
                          kind="race", about=peer.key, expected=" / ".join(due),
                          got=" / ".join(heard))


def who_is_welcome(lab: Lab, two: list[Peer], names: list[str], code: str) -> int:
    """Which one of the two: exactly one is; the other one hears this error."""
    answers = [next_line(peer) for peer in two]
    came = [answer == f"welcome {name}" for answer, name in zip(answers, names, strict=True)]
    if not all(came) and "said ann hi" in answers:
        what = "Who is a member hears welcome first, and a stranger hears nothing."
        due = f"error {code} ..." if any(came) else f"welcome {names[0]}"
        lab.fail(what, kind="first", about=two[answers.index("said ann hi")].key,
                 expected=due, got="said ann hi")
    if all(came) or not any(came):
        what = "Both are welcome." if all(came) else "None of the two is welcome."
        lab.fail(what, kind="race", about=two[1].key,
                 got=" / ".join(answers), expected=f"welcome {names[0]} / error {code} ...")
    loser = came.index(False)
    if not answers[loser].startswith(f"error {code} "):
        lab.fail(f"Who comes too late hears error {code}.", kind="code", about=two[loser].key,
                 expected=f"error {code} ...", got=answers[loser])
    return 1 - loser


def two_speak(room: Turnstile, members: list[Member], newcomer: Member) -> None:
    (old, leaver), (a, ann), (b, bob), (_, carol) = members
    with room.one_held(f"{a} and {b} speak, {old} leaves"):
        room.send((ann, "say one"), (bob, "say two"), (leaver, "bye"))
        room.expect(ann, f"left {old}", f"said {b} two")
        room.expect(bob, f"left {old}", f"said {a} one")
        room.expect(carol, f"left {old}", f"said {a} one", f"said {b} two")
    let_in(newcomer, members)


def one_asks(room: Turnstile, members: list[Member], newcomer: Member) -> None:
    # who leaves came first: if the table is a list, all others move up
    (old, leaver), (a, ann), (b, bob), (c, carol) = members
    with room.one_held(f"{a} asks who is here, {old} leaves"):
        room.send((ann, "who"), (leaver, "bye"))
        before, after = here(old, a, b, c), here(a, b, c)  # either is right
        room.expect(ann, f"left {old}", after, same=before)
        for peer in (bob, carol):
            room.expect(peer, f"left {old}")
    let_in(newcomer, members)


def one_writes(room: Turnstile, members: list[Member], newcomer: Member) -> None:
    (old, leaver), (a, ann), (b, bob), (c, carol) = members
    with room.one_held(f"{a} writes to {old}, who writes back and leaves"):
        room.send((ann, f"to {old} hi"), (leaver, f"to {a} bye"), (leaver, "bye"),
                  answer_to=leaver)
        room.lab.jump(1)  # whoever is asked now, the leaver has left
        ann.send(b"who\n")  # if `to` is answered, then before this
        due = f"told {old} bye", f"left {old}", here(a, b, c)
        room.expect(ann, *due, but_for="error nobody ")
        for peer in (bob, carol):
            room.expect(peer, f"left {old}")
    let_in(newcomer, members)


def one_leaves(room: Turnstile, members: list[Member], newcomer: Member) -> None:
    (old, leaver), *others = members
    new, comer = newcomer
    with room.one_held(f"{old} leaves, {new} joins"):
        room.send((leaver, "bye"), (comer, f"hello parley/1 {new}"))
        come_and_go(room, old, newcomer, others)


def one_joins(room: Turnstile, members: list[Member], newcomer: Member) -> None:
    (old, leaver), *others = members
    new, comer = newcomer
    with room.one_held(f"{new} joins, {old} leaves"):
        room.send((comer, f"hello parley/1 {new}"), (leaver, "bye"))
        come_and_go(room, old, newcomer, others)


def come_and_go(room: Turnstile, old: str, newcomer: Member, others: list[Member]) -> None:
    """What all hear when one has left and another one has joined."""
    new, comer = newcomer
    for _, peer in others:
        room.expect(peer, f"left {old}", f"joined {new}")
    hear(comer, f"welcome {new}")
    room.lab.wait(lambda: b"left" in comer.received, room.server, horizon=1)  # or not
    room.expect(comer, but_for=f"left {old}")


def let_in(newcomer: Member, members: list[Member]) -> None:
    """The newcomer joins while nothing else happens; the first one has gone."""
    name, peer = newcomer
    peer.send(f"hello parley/1 {name}\n".encode())
    hear(peer, f"welcome {name}")
    for _, other in members[1:]:
        hear(other, f"joined {name}")


def here(*names: str) -> str:
    return " ".join(["here", *sorted(names)])
