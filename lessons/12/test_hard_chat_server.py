"""Lesson 12: Hostile clients."""

import ast
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from socklab.lesson import Failure, Lab, Peer, Program, core, more, show

PORT = 5050
MEMORY = 4_000_000  # bytes by which the program may grow
ROUNDS = 25  # of random lines

# Seconds and lines, from the contract's table. What the program computes passes as its
# time, too, and a program may look at its clocks once a second: so there is some room.
SERVED_SECONDS, ENDED_SECONDS = 9, 9 + 6.5
SERVED_SILENCE, ENDED_SILENCE = 118, 118 + 33.5
SERVED_LINES, ENDED_LINES = 20, 100
PLACES = 32  # members


@pytest.fixture
def server(lab: Lab) -> Program:
    return lab.server("hard_chat_server.py", port=PORT)


@core
def test_endless_line(lab: Lab, server: Program) -> None:
    """A line without an end gets error line, and costs the room no memory."""
    good = Good(server)
    for name, start in [("a stranger", b""), ("a member", b"say ")]:
        with lab.case(f"{name} sends 1001 bytes, and no newline yet"):
            eve = enter(server, "eve") if start else server.connect()
            before = server.memory
            eve.send(start + b"x" * (1001 - len(start)))
            if not has_ended(eve):
                if eve.received.startswith(b"error line ", eve.consumed):
                    expect_end(server, eve)  # it has said so, and goes on
                feed(server, eve, before)
                expect_end(server, eve, "1001 bytes came without a newline. Your server has not "
                           "closed the connection.")
            expect_refusal(server, eve, "line")
            good.talk(*["joined eve", "left eve"] * bool(start))
    with lab.case("a member sends a line of 1001 bytes and its newline, all at once"):
        eve = enter(server, "eve")
        eve.send(b"say " + b"x" * 997 + b"\n")
        expect_refusal(server, eve, "line")
        good.talk("joined eve", "left eve")
    with lab.case("a member sends 1000 bytes, \\r and \\n: the \\r counts"):
        eve = enter(server, "eve")
        eve.send(b"say " + b"x" * 996 + b"\r\n")
        if not has_ended(eve):
            fail(server, "With its \\r this line has 1001 bytes before the \\n. Your server has "
                 "not closed the connection.", "cr")
        expect_refusal(server, eve, "line")
        good.talk("joined eve", "left eve")
    with lab.case("a member sends a line of 1000 bytes, and one more"):
        eve = enter(server, "eve")
        eve.send(b"say " + b"x" * 996 + b"\nsay hi\n")
        good.talk("joined eve", f"said eve {'x' * 996}", "said eve hi")
    with lab.case("then it sends 6 MB without a newline"):
        feed(server, eve, server.memory)
        expect_end(server, eve, "After all these bytes the connection is still open.")
        good.talk("left eve")


@core
def test_wrong_lines(lab: Lab, server: Program) -> None:
    """Bad bytes, other versions and strange words get their error, and do no harm."""
    good = Good(server)
    for bad in [b"say Zo\xeb", b"\xff\xfe\x00", b"say \xc0\xaf", b"say \xed\xa0\x80",
                b"to ann \xf0\x9f\x99"]:
        with lab.case(f"a member sends bytes that are not UTF-8: {bad!r}"):
            eve = enter(server, "eve")
            eve.send(bad + b"\n")
            expect_refusal(server, eve, "line")
            good.hear("joined eve", "left eve")
    with lab.case("a stranger sends bytes that are not UTF-8"):
        eve = server.connect()
        eve.send(b"hello parley/1 \xff\n")
        expect_refusal(server, eve, "line")
    eve = server.connect()
    for version in ["parley/2", "parley/x", "parley/1.0", "parley/01", "PARLEY/1", "parley/１",
                    "parley/10", "parley", "parley/" + "9" * 900]:
        with lab.case(f"the version {version[:40]!r}"):
            eve.send(f"hello {version} eve\n".encode())
            expect_error(server, eve, "version")
    for name in ["Zoë", "東京", "²", "٣", "a^b", "e" * 17]:
        with lab.case(f"the name {name!r}"):
            eve.send(f"hello parley/1 {name}\n".encode())
            expect_error(server, eve, "name")
    with lab.case("afterwards the same client says a right hello"):
        eve.send(b"hello parley/1 eve\n")
        hear(eve, "welcome eve")
        good.hear("joined eve")
    eve = enter(server, "eve1")
    good.hear("joined eve1")
    for line in ["SAY hi", "said ann hi", "left ann", "joined zoe", "error line x", "say\thi",
                 " say hi", "who ", "quit", "", " ", "\x00", "bye bye"]:
        with lab.case(f"a member sends {line!r}"):
            eve.send(f"{line}\n".encode())
            expect_error(server, eve, "command")
    good.talk()
    eve = enter(server, "eve2")
    good.hear("joined eve2")
    for text in ["\x00 \x1b[2J", "one\rtwo", "a\x0bb\x0cc\x85d\u2028e", "-" * 900, "'\"\\"]:
        with lab.case(f"a member says {text[:40]!r}: all of this is text"):
            eve.send(f"say {text}\n".encode())
            good.hear(f"said eve2 {text}")
    with lab.case("a member says three blanks: this is text, too"):
        eve.send(b"say    \n")
        try:
            good.hear("said eve2    ")
        except Failure as failure:
            failure.kind = "only_blanks" if failure.kind == "still" else failure.kind
            raise
    good.talk()
    with lab.case("then it sends bye and one more line, in one piece"):
        eve.send(b"bye\nsay I am gone\n")
        wait_for(good.ann, len("left eve2\n"))
        if good.ann.received.startswith(b"said eve2 ", good.ann.consumed):
            fail(server, "This member has left with its bye. Your server has still served the line "
                 "behind it.", "bye", got=bytes(good.ann.received[good.ann.consumed :]))
        good.talk("left eve2")
        expect_end(server, eve)
    for name, last in [("a member", b"say unfinished"), ("a member", b"to ann unfinished"),
                       ("a member", b"who"), ("a stranger", b"hello parley/1 eve3")]:
        with lab.case(f"{name} sends {last!r}, without a newline, and ends its stream"):
            eve = enter(server, "eve3") if name == "a member" else server.connect()
            good.hear(*["joined eve3"] * (name == "a member"))
            eve.send(last)
            eve.half_close()
            try:
                good.talk(*["left eve3"] * (name == "a member"))
            except Failure as failure:
                failure.kind = "half" if failure.kind == "wrong" else failure.kind
                raise
            expect_end(server, eve)
            if re.match(b"here |welcome ", answer := eve.received[eve.consumed :]):
                fail(server, "This line has no end, and your server has obeyed it.", "half",
                     got=bytes(answer))


@core
def test_silent_stranger(lab: Lab, server: Program) -> None:
    """A stranger has ten seconds to become a member."""
    good = Good(server)
    strangers = {
        "says nothing": server.connect(),
        "sends one byte in a second": server.connect(),
        "sends a wrong line every three seconds": server.connect(),
        "is always in the middle of a wrong line": server.connect(),
        "says a hello every three seconds, and its name is taken": server.connect(),
    }
    _, slow, wrong, middle, taken = strangers.values()
    late = server.connect()

    def pass_the_time(first: float, last: float) -> None:
        for second in range(int(first), int(last)):
            if not slow.ended:
                slow.send(b"hello parley/1 eve"[second : second + 1])
            for stranger, line in [(wrong, b"who\n"), (middle, b"o\nwh"),
                                   (taken, b"hello parley/1 ann\n")]:
                if second % 3 == 0 and not stranger.ended:
                    stranger.send(line)
            lab.jump(1)
        lab.jump(last - int(last))

    with lab.case("nine seconds pass"):
        pass_the_time(0, SERVED_SECONDS)
        for what, stranger in strangers.items():
            expect_open(server, stranger, f"The stranger who {what}", "too_early")
    with lab.case("another stranger says hello after nine seconds"):
        late.send(b"hello parley/1 late\n")
        hear(late, "welcome late")
        good.talk("joined late")
    with lab.case("six and a half more seconds pass"):
        pass_the_time(SERVED_SECONDS, ENDED_SECONDS)
        good.expect_open()
    for what, stranger in strangers.items():
        with lab.case(f"15.5 seconds have passed; this stranger {what}"):
            try:
                expect_refusal(server, stranger, "limit", after="error (state|taken) .*")
            except Failure as failure:
                greeted = stranger is taken and failure.kind == "open"
                failure.kind = "greeted" if greeted else failure.kind
                raise
    with lab.case("the one who said hello is a member, and may be silent"):
        expect_open(server, late, "The client who became a member in time")
        good.talk()


@core
def test_flood(lab: Lab, server: Program) -> None:
    """Who floods the room is ended; twenty lines in a second are served."""
    good = Good(server)
    eve = enter(server, "eve")
    good.hear("joined eve")
    for number in range(3):
        lab.jump(2)
        with lab.case(f"a member says {SERVED_LINES} lines at once; second {2 * number}"):
            eve.send(b"".join(b"say %d\n" % n for n in range(SERVED_LINES)))
            good.hear(*[f"said eve {n}" for n in range(SERVED_LINES)])
    lab.jump(2)
    with lab.case(f"then it says {ENDED_LINES} lines at once"):
        eve.send(b"".join(b"say %d\n" % n for n in range(ENDED_LINES)))
        expect_refusal(server, eve, "limit")
        good.hear_some([f"said eve {n}" for n in range(ENDED_LINES)], "left eve")
        good.talk()
    for name, line in [("a member asks who is here", b"who\n"), ("a member says", b"\n")]:
        with lab.case(f"{name} {ENDED_LINES} times at once: {line!r}"):
            eve = enter(server, "eve")
            eve.send(line * ENDED_LINES)
            expect_refusal(server, eve, "limit", after="here ann bob eve|error command .*")
            good.talk("joined eve", "left eve")
    with lab.case(f"a stranger sends {ENDED_LINES} wrong lines at once"):
        eve = server.connect()
        eve.send(b"hello\n" * ENDED_LINES)
        expect_refusal(server, eve, "limit", after="error version .*")
        good.talk()


@core
def test_nothing_is_run(lab: Lab, server: Program, tmp_path: Path) -> None:
    """What a client sends is never run: not by Python, not by the system."""
    good = Good(server)
    eve = enter(server, "eve")
    good.hear("joined eve")
    for number, attack in enumerate(PROGRAMS):
        mark = tmp_path / f"mark{number}"
        line = attack.replace("MARK", mark.as_posix())
        if number % 4 == 0:  # so that all are within the limits of lines and of time
            lab.jump(2)
            stranger = server.connect()
        with lab.case(f"eve sends {attack!r} (MARK is a folder's name)"):
            stranger.send(f"{line}\n".encode())
            answer = next_line(stranger)
            eve.send(f"{line}\nsay {line}\nto ann {line}\n".encode())
            lab.settle()
            expect_no(mark, server)
            for peer, heard in [(stranger, answer), (eve, next_line(eve))]:
                code = "state" if peer is stranger else "command"
                if not re.fullmatch(f"error {code} .*", heard):
                    fail(server, f"Due here: error {code}, and a few words.", "code",
                         expected=f"error {code} ...", got=heard)
            hear(good.bob, f"said eve {line}")
            hear(good.ann, f"said eve {line}", f"told eve {line}")
            expect_no(mark, server)  # a program that looks around now and then is that far now
    with lab.case("a stranger sends a pickle"):
        mark = tmp_path / "pickled"
        thief = server.connect()
        thief.send(f"cos\nmkdir\n(S'{mark.as_posix()}'\ntR.\n".encode())
        for _ in range(4):
            expect_error(server, thief, "state")
        expect_no(mark, server, "unpickled it")
    with lab.case("a stranger sends a pickle in one line"):
        mark, thief = tmp_path / "pickled2", server.connect()
        name = mark.as_posix().encode()
        thief.send(b"X\2\0\0\0osX\5\0\0\0mkdir\x93X" + len(name).to_bytes(4, "little") +
                   name + b"\x85R.\n")
        expect_end(server, thief)
        expect_no(mark, server, "unpickled it")
    with lab.case("a stranger sends a program as its name"):
        mark, thief = tmp_path / "named", server.connect()
        for program in (f"__import__('os').mkdir('{mark.as_posix()}')", f"$(mkdir {mark})"):
            thief.send(f"hello parley/1 {program}\n".encode())
            expect_error(server, thief, "name")
        expect_no(mark, server)
    with lab.case("eve writes to members called .* and *, and to nobody"):
        lab.jump(2)
        for name in (".*", "*", "(", "?nn", "nobody"):
            eve.send(f"to {name} hi\n".encode())
            expect_error(server, eve, "nobody")
    for number, name in enumerate(names_in(lab.submission.path("hard_chat_server.py"))):
        with lab.case(f"eve sends {name!r}: a name that stands in your program"):
            if number % 8 == 0:
                lab.jump(2)
            for line in (name, f"{name} ann hi"):
                eve.send(f"{line}\n".encode())
                lab.settle(horizon=1)
                answer = bytes(eve.received[eve.consumed :]).partition(b"\n")[0]
                answer = answer.decode("utf-8", "replace")
                what = "This is no command of Parley. Due here: error command, and a few words."
                if server.crashes:
                    crash = server.crashes[0]
                    what = f"{what} But it has led to line {crash.line}, and to {crash.note}."
                if not re.fullmatch("error command .*", answer) or server.crashes:
                    raise Failure("name", what, expected="error command ...", got=answer,
                                  about=eve.key)
                hear(eve, answer)
    with lab.case("then ann and bob talk"):
        eve.close()
        good.talk("left eve")


@more
def test_slow_line(lab: Lab, server: Program) -> None:
    """A line is whole in ten seconds; between two lines a member has two minutes."""
    good = Good(server)
    eve = enter(server, "eve")
    good.hear("joined eve")
    with lab.case("a member needs nine seconds for a line"):
        for byte in b"say slowl"[:SERVED_SECONDS]:
            eve.send(bytes([byte]))
            lab.jump(1)
        eve.send(b"y\n")
        good.hear("said eve slowly")
    with lab.case("each piece of it ends a line and begins the next: each is whole in 3 seconds"):
        eve.send(b"say")
        for number in range(6):
            lab.jump(3)
            expect_open(server, eve, "A member whose lines are whole in three seconds each", "next")
            eve.send(f" {number}\nsay".encode())
            good.hear(f"said eve {number}")
        eve.send(b" six\n")
        good.hear("said eve six")
    with lab.case("then it sends one byte in a second, without an end"):
        for _ in range(int(ENDED_SECONDS)):
            eve.send(b"z")
            lab.jump(1)
            if eve.ended:
                break
        lab.jump(ENDED_SECONDS % 1)
        good.expect_open()
        expect_refusal(server, eve, "limit")
        good.talk("left eve")
    eve = server.connect()
    lab.jump(SERVED_SECONDS)  # as a stranger: the silence of a member begins with its hello
    eve.send(b"hello parley/1 eve\n")
    hear(eve, "welcome eve")
    mute = enter(server, "mute")
    good.hear("joined eve", "joined mute")
    with lab.case("after its hello a member says nothing for 117 seconds, and the others talk"):
        for seconds in (60, SERVED_SILENCE - 61):
            lab.jump(seconds)
            good.talk()
        expect_open(server, eve, "This member")
    with lab.case("then it sends half of who, and a second later the other half"):
        eve.send(b"wh")
        lab.jump(1)
        expect_open(server, eve, "This member, in the middle of a line,", "begun")
        eve.send(b"o\n")
        good.talk()
    with lab.case("it has asked who is here; then it says nothing for 151.5 seconds"):
        lab.jump(60)
        if not has_ended(mute):
            fail(server, "Another member has said hello, and then nothing for 178 seconds. It is "
                 "still connected.", "mute", outcome=lab.settle())
        good.talk("left mute")
        lab.jump(SERVED_SILENCE - 60)
        good.talk()
        expect_open(server, eve, "This member, silent for 118 seconds,")
        lab.jump(ENDED_SILENCE - SERVED_SILENCE)
        expect_refusal(server, eve, "limit", after="(joined|left) mute|said .*|here .*")
        good.hear("left eve")


@more
def test_never_reads(lab: Lab, server: Program) -> None:
    """Who does not read is ended when too much waits for it, or for too long."""
    good = Good(server, "carol", "dave")
    eve = enter(server, "eve")
    good.hear("joined eve")
    eve.pause()
    with lab.case("eve does not read for four seconds; 96 lines are said"):
        due = good.say_much(18, may_hear="left eve")
        lab.jump(2)
        due += good.say_much(6, may_hear="left eve")
        lab.jump(2)
        expect_open(server, eve, "A member for whom less than 100 lines wait")
        eve.resume()
        hear(eve, *due)
    eve.pause()
    with lab.case("eve does not read; 204 lines are said in six seconds"):
        for _ in range(3):
            good.say_much(17, may_hear="left eve")
            lab.jump(2)
        if not good.has_heard("left eve"):
            fail(server, "More than 200 lines wait for eve, and she is still a member.",
                 "open", outcome=lab.settle())
        good.talk()
        eve.resume()
        if not has_ended(eve):
            fail(server, "Eve is no member any more, but her connection is open.", "open")
    with lab.case("yves does not read; in six seconds 204 lines are written to him alone"):
        yves = enter(server, "yves")
        good.hear("joined yves")
        yves.pause()
        for _ in range(3):
            good.write_much("yves", 17)
            lab.jump(2)
        if not good.has_lost("yves"):
            fail(server, "More than 200 lines wait for yves, and he is still a member.",
                 "told", outcome=lab.settle())
        good.talk()
    with lab.case("zoe does not read; in six seconds she asks 207 times who is here"):
        zoe = enter(server, "zoe")
        good.hear("joined zoe")
        zoe.pause()
        for number in range(3):  # who serves all of them has 207 answers for her
            zoe.send(b"who\n" * 69 + f"say {number}\n".encode())
            lab.jump(2)
        heard = good.hear_all_or([f"said zoe {n}" for n in range(3)], "left zoe")
        if not good.has_heard("left zoe"):
            if heard == 3:
                fail(server, "More than 200 answers wait for zoe, and she is still a member.",
                     "answers", outcome=lab.settle())
            lab.jump(ENDED_SECONDS)
            if not good.has_heard("left zoe"):
                fail(server, "An answer has waited for zoe for twenty seconds, and she is still "
                     "a member.", "kept", outcome=lab.settle())
        good.talk()
    for how, data in [("15.5 seconds pass", b""), ("he says bye", b"bye\n"),
                      ("he sends 1001 bytes", b"x" * 1001)]:
        with lab.case(f"fred does not read; one line is said; {how}"):
            fred = enter(server, "fred")
            good.hear("joined fred")
            fred.pause()
            good.talk()
            if data:
                fred.send(data)
                wait_for(good.ann, len("left fred\n"))
                if len(good.ann.received) == good.ann.consumed and not server.crashes:
                    fail(server, "Fred has gone, or was ended. A second later the others have not "
                         "heard that he left.", "unfreed", outcome=lab.settle())
                good.talk("left fred")
            else:
                lab.jump(SERVED_SECONDS)
                good.talk()
                expect_open(server, fred, "A member who has not read for nine seconds")
                lab.jump(ENDED_SECONDS - SERVED_SECONDS)
                if not good.has_heard("left fred"):
                    fail(server, "One line has waited for fred for 15.5 seconds, and he is "
                         "still a member.", "kept", outcome=lab.settle())
                good.talk()
            lab.jump(ENDED_SECONDS)
            if not has_ended(fred):
                fail(server, "One line has waited for fred for more than 15 seconds, and his "
                     "connection is still open.", "held", outcome=lab.settle())


@more
def test_crowd(lab: Lab, server: Program) -> None:
    """Forty may be connected; one more hears error limit; who leaves makes room."""
    good = Good(server)
    endings: list[Callable[[Peer], None]] = [Peer.close, Peer.reset, Peer.half_close]
    with lab.case("a stranger says nothing, and fred, a member, does not read: for 31 seconds"):
        fred = enter(server, "fred")
        good.hear("joined fred")
        fred.pause()
        server.connect()
        good.talk()
        lab.jump(ENDED_SECONDS)  # they are ended
        lab.jump(ENDED_SECONDS)  # and now the places of both are free
        good.talk("left fred")
    with lab.case("others come and go, in all sorts of ways"):
        for start in (b"", b"hel", b"who\n"):
            for end in endings:
                eve = server.connect()
                if start:
                    eve.send(start)
                lab.settle()
                end(eve)
        for last in (b"bye\n", b"x" * 1001, b"\xff\n", b"hello\n" * ENDED_LINES):
            server.connect().send(last)
        lab.jump(1)  # within a second their places are free
        good.talk()
    with lab.case(f"with ann and bob, {PLACES - 2} are members"):
        for number in range(PLACES - 4):
            guest = server.connect()
            lab.settle()
            expect_open(server, guest, "One of the 40")
            guest.send(f"hello parley/1 guest{number}\n".encode())
            hear(guest, f"welcome guest{number}")
            good.hear(f"joined guest{number}")
    with lab.case("and with ten strangers, 40 are connected"):
        strangers = crowd_of(server, 10)
        good.talk()
    for number, line in [(41, b""), (42, b"hello parley/1 eve\n")]:
        with lab.case(f"number {number} comes"):
            before = len(server.errors)
            eve = server.connect()
            if line:
                eve.send(line)
            expect_turned_away(server, eve)
            good.talk()
            expect_report(server, before)
    with lab.case("two of the strangers say hello, one of them leaves again"):
        for name, stranger in zip(["zoe", "yves"], strangers[-3:-1], strict=True):
            stranger.send(f"hello parley/1 {name}\n".encode()[stranger.given :])
            hear(stranger, f"welcome {name}")
            good.hear(f"joined {name}")
            lab.settle()
        stranger.close()
        good.talk("left yves")
        lab.jump(1)
    with lab.case("its place is free for the next one"):
        enter(server, "xaver")
        good.talk("joined xaver")
    with lab.case("one place was free, not two: one more is too many again"):
        expect_turned_away(server, server.connect())
        good.talk()
    del strangers[-3:-1]  # zoe and yves
    with lab.case(f"{PLACES} are members, and one more stranger says hello"):
        eve = strangers.pop()
        eve.send(b"hello parley/1 eve\n"[eve.given :])
        wait_for(eve, 8)
        if eve.received.startswith(b"welcome "):
            fail(server, "32 are members already, and this one has become a member, too.",
                 "members", got=bytes(eve.received))
        try:
            expect_error(server, eve, "full")
        except Failure as failure:
            failure.kind = "full" if failure.kind in ("code", "closed") else failure.kind
            raise
        lab.settle()
        expect_open(server, eve, "A stranger for whom no place is free", "full")
    with lab.case("a member leaves, and the same stranger says hello again"):
        guest.send(b"bye\n")
        good.hear(f"left guest{PLACES - 5}")
        eve.send(b"hello parley/1 eve\n")
        hear(eve, "welcome eve")
        good.talk("joined eve")
    with lab.case("15.5 seconds later the other strangers are gone, and others find room"):
        lab.jump(ENDED_SECONDS)
        for stranger in strangers:
            expect_refusal(server, stranger, "limit")
        eve.send(b"bye\n")
        good.hear("left eve")
        enter(server, "will")
        good.talk("joined will")
    with lab.case(f"with {40 - PLACES} strangers 40 are connected again"):
        lab.jump(1)
        strangers = crowd_of(server, 40 - PLACES)
        good.talk()
    for leaves in (False, True):
        with lab.case("while number 41 is told, one more comes and resets, before it is accepted" +
                      "; meanwhile a place becomes free" * leaves):
            eve = not_reading(server)
            lab.jump(1)  # by now there is no place for it
            if leaves:
                strangers[0].close()
                lab.settle()
            server.connect().reset()
            eve.resume()
            lab.jump(1)
            try:
                expect_end(server, eve)
                if leaves:
                    strangers[0] = server.connect()
                    lab.jump(1)
                    expect_open(server, strangers[0], "One of the 40")
                good.talk()
            except Failure as failure:
                failure.kind = "gone" if server.crashes else failure.kind
                raise


@more
def test_memory(lab: Lab, server: Program) -> None:
    """What a client has sent, the room does not keep."""
    eve = enter(server, "eve")  # nobody else is there, so next to nothing is sent
    text = f"{chr(0x1F642)} {'x' * 965}"  # in memory, the emoji makes 4 bytes of each character
    before = server.memory
    for what, line in [("says lines of 980 bytes", f"say {text} NUMBER"),
                       ("sends wrong lines of 980 bytes", f"xyzzy {text} NUMBER")]:
        with lab.case(f"eve {what}: twenty at once, and again after two seconds, 55 times"):
            for number in range(55):
                lab.jump(2)
                lines = [line.replace("NUMBER", f"{number} {n}") for n in range(SERVED_LINES)]
                eve.send("".join(f"{each}\n" for each in lines).encode())
                lab.settle()
                expect_open(server, eve, "Eve", "closed")
            lab.jump(1)
            eve.consumed = len(eve.received)
            expect_little(server, before, f"Eve has sent {eve.given:,} bytes, line by line")
    enter(server, "ann")
    hear(eve, "joined ann")


@more
def test_reports(lab: Lab, server: Program) -> None:
    """Whom the room ends, it reports on stderr; no exception is left uncaught."""
    good = Good(server)

    def slow_line(eve: Peer) -> None:
        eve.send(b"sa")
        lab.jump(ENDED_SECONDS)

    def silence(eve: Peer) -> None:
        for seconds in (ENDED_SILENCE - 60, 60):
            good.talk()  # they may not be silent for so long
            lab.jump(seconds)

    def reset(eve: Peer) -> None:
        eve.send(b"hel")
        lab.jump(1)  # so that it is read before it is lost
        eve.reset()

    def reset_unread(eve: Peer) -> None:
        eve.pause()
        good.talk()
        eve.reset()

    attacks: list[tuple[str, str, Callable[[Peer], None]]] = [
        ("stranger", "sends 1001 bytes without a newline", lambda eve: eve.send(b"x" * 1001)),
        ("stranger", "sends bytes that are not UTF-8", lambda eve: eve.send(b"\xff\n")),
        ("member", "sends 1001 bytes without a newline", lambda eve: eve.send(b"x" * 1001)),
        ("stranger", "floods the room", lambda eve: eve.send(b"hello\n" * ENDED_LINES)),
        ("stranger", "says nothing for 15.5 seconds", lambda eve: lab.jump(ENDED_SECONDS)),
        ("member", "is in the middle of a line for 15.5 seconds", slow_line),
        ("member", "says nothing for 151.5 seconds", silence),
        ("member", "breaks off with a reset, in the middle of a line", reset),
        ("stranger", "breaks off with a reset, in the middle of a line", reset),
        ("member", "does not read, and then breaks off with a reset", reset_unread),
    ]
    for who, what, attack in attacks:
        with lab.case(f"a {who} {what}"):
            eve = enter(server, "eve") if who == "member" else server.connect()
            good.hear(*["joined eve"] * (who == "member"))
            before = len(server.errors)
            attack(eve)
            lab.jump(1)
            if not eve.closed:
                expect_end(server, eve, "Eve's connection should be closed by now.")
            server.expect_no_traceback()
            if attack is not reset_unread:  # she was not in the middle of a line
                expect_report(server, before)
            good.talk(*["left eve"] * (who == "member"))


@more
def test_random_lines(lab: Lab, server: Program) -> None:
    """Random lines, right and broken ones, get exactly what is due."""
    good = Good(server)
    choice = random.Random(lab.seed)
    for number in range(1, ROUNDS + 1):
        lines = list(random_lines(choice))
        due, news = Model().obey(lines)
        data = b"".join(lines)
        with lab.case(f"seed {lab.seed}, round {number}: eve sends {show(data, 200)}"):
            eve = server.connect()
            for piece in filter(None, random_pieces(choice, data)):
                eve.send(piece)
            lab.settle(horizon=1)
            ended = bool(eve.ended)
            eve.half_close()
            lab.settle(horizon=1)
            compare(server, "Eve", eve, due)
            for name, peer in [("Ann", good.ann), ("Bob", good.bob)]:
                compare(server, name, peer, news[name.lower()])
            if ended != is_last(lines[-1]):
                fail(server, "Your server closes the connection too early." if ended else
                     "After the last of these lines the connection should be closed.",
                     "closed" if ended else "open")
            expect_end(server, eve)
        if number % 10 == 0:
            good.talk()


# -- what eve sends to be run ---------------------------------------------------------------

PROGRAMS = [
    "$(mkdir MARK)",
    "& mkdir MARK &",
    "__import__('os').mkdir('MARK')",
    "__import__('os').mkdir('MARK') hi",
    "'+str(__import__('os').mkdir('MARK'))+'",
    "\"+str(__import__('os').mkdir('MARK'))+\"",
    "{__import__('os').mkdir('MARK')}",
    "import os; os.mkdir('MARK')",
    "mkdir MARK",
    "`mkdir MARK`",
    "; mkdir MARK #",
    "{0.__class__} {} {name} %s %d %(name)s %",
    "(((((((((((((((((((((((((x+x+)+)+y",
    "$HOME ~ %PATH% ${HOME}",
]


def names_in(path: Path) -> list[str]:
    """The names of functions and modules in a program, and what Python could do with a line."""
    tree = ast.parse(path.read_bytes())
    names = {node.name for node in ast.walk(tree) if isinstance(
        node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    names |= {alias.name for node in ast.walk(tree)
              if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    first = ["print", "eval", "exit", "__init__", "__class__"]
    return [*first, *sorted(names - {"hello", "say", "to", "who", "bye", "*", *first})][:24]


# -- random lines, and what is due for them -------------------------------------------------

STRANGE_NAMES = [name.encode() for name in
                 ("", "ann", "Zoë", "東京", "²", "e" * 17, "eve\r", "eve.", "eve ", "../eve")]


def random_lines(choice: random.Random) -> Iterator[bytes]:
    """Up to fifteen lines from Parley's grammar, many of them broken; the last may end it."""
    for number in range(choice.randint(1, 15)):
        hello = b"hello parley/1 " + choice.choice([b"eve", b"Eve-2", b"e" * 16])
        strange = b"hello parley/1 " + choice.choice(STRANGE_NAMES)
        right = choice.choice([hello, strange, b"say  so, hi ", b"to ann  two  blanks", b"bye",
                               b"to eve  me", b"to nobody hi", b"who", b"hello parley/1 ann"])
        if number == 0:
            right = choice.choice([hello, hello, strange])
        line = right
        for _ in range(choice.choice([0, 0, 0, 1, 1, 2, 3])):
            line = broken(choice, line)
        line += choice.choice([b"", b"", b"\r"])
        yield line[:1001] if len(line) > 1000 else line + b"\n"
        if is_last(line):
            return


def broken(choice: random.Random, line: bytes) -> bytes:
    """The line with one thing changed."""
    at = choice.randint(0, len(line))
    odd = choice.choice([b" ", b" ", b"\r", b"\x00", b"\x1b[1m", b"/", b"9", b"\t", b"\xc3\xbc",
                         b"\xf0\x9f\x99\x82", b"\xc3", b"\xff", b"%s", b"{}", b"'", b"-1"])
    return choice.choice([
        line[:at] + odd + line[at:],
        line[:at] + odd + line[at:],
        line[:at] + line[at + 1 :],
        line[:at],
        line[at:],
        line + b" " + line,
        line.swapcase(),
        line[:at] + odd * (1001 // len(odd)) + line[at:],
    ])[:1001]


def is_last(line: bytes) -> bool:
    """Does the room close the connection after this line?"""
    text = line.removesuffix(b"\n").removesuffix(b"\r")
    return len(line.removesuffix(b"\n")) > 1000 or text == b"bye" or not is_utf8(text)


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def random_pieces(choice: random.Random, data: bytes) -> list[bytes]:
    """The same bytes, cut at up to three places."""
    cuts = sorted(choice.randint(0, len(data)) for _ in range(choice.choice([0, 0, 1, 3])))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


Due = list[tuple[bytes, str]]  # a line of eve's, and what somebody hears because of it


class Model:
    """Parley/1 for one client, eve, in a room with ann and bob."""

    def __init__(self) -> None:
        self.name = ""
        self.line = b""
        self.eve: Due = []
        self.news: dict[str, Due] = {"ann": [], "bob": []}

    def obey(self, lines: list[bytes]) -> tuple[Due, dict[str, Due]]:
        """Return what eve hears, and what ann and bob hear, with her half-close."""
        for self.line in lines:
            if is_last(self.line):
                if self.line not in (b"bye\n", b"bye\r\n"):
                    self.eve.append((self.line, "error line"))
            else:
                self._one(self.line.removesuffix(b"\n").removesuffix(b"\r").decode())
        if self.name:
            self._all(f"left {self.name}")
        return self.eve, self.news

    def _all(self, text: str) -> None:
        for heard in self.news.values():
            heard.append((self.line, text))

    def _one(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        second, _, text = rest.partition(" ")
        members = sorted({"ann", "bob", *([self.name] if self.name else [])})
        answer = ""
        if (word == "hello") == bool(self.name):
            answer = "error state"
        elif word == "hello":
            answer = self._hello(second, text, members)
        elif word == "say" and rest:
            self._all(f"said {self.name} {rest}")
        elif word == "to" and text:
            if second not in members:
                answer = "error nobody"
            elif second == self.name:
                answer = f"told {self.name} {text}"
            else:
                self.news[second].append((self.line, f"told {self.name} {text}"))
        else:
            answer = " ".join(["here", *members]) if line == "who" else "error command"
        if answer:
            self.eve.append((self.line, answer))

    def _hello(self, version: str, name: str, members: list[str]) -> str:
        if version != "parley/1":
            return "error version"
        if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
            return "error name"
        if name in members:
            return "error taken"
        self.name = name
        self._all(f"joined {name}")
        return f"welcome {name}"


def compare(server: Program, who: str, peer: Peer, due: Due) -> None:
    """This peer has heard what is due, line by line, and no more."""
    data = bytes(peer.received[peer.consumed :])
    peer.consumed = len(peer.received)
    heard = data.decode("utf-8", "replace").split("\n")
    for (line, text), came in zip(due, heard, strict=False):
        pattern = rf"{text} .*\S.*" if text.startswith("error ") else re.escape(text)
        if not re.fullmatch(pattern, came):
            fail(server, f"{who} hears something else than is due for eve's line "
                 f"{show(line, 60)}.", "wrong", expected=text, got=came)
    if len(heard) - 1 < len(due):
        line, text = due[len(heard) - 1]
        fail(server, f"{who} does not hear what is due for eve's line {show(line, 60)}.",
             "missing_line", expected=text, got=heard[-1])
    if heard[len(due) :] != [""]:
        fail(server, f"{who} hears more than is due.", "wrong", expected="nothing more",
             got="\n".join(heard[len(due) :]))


# -- the good clients -----------------------------------------------------------------------


class Good:
    """Polite members of the same room. They should notice nothing of the attacks."""

    def __init__(self, server: Program, *more_names: str) -> None:
        self.server, self.number = server, 0
        self.peers: dict[str, Peer] = {}
        processes = server.started_processes
        for name in ("ann", "bob", *more_names):
            try:
                self.peers[name] = enter(server, name)
                for other in list(self.peers.values())[:-1]:
                    hear(other, f"joined {name}")
            except Failure as failure:
                if failure.kind in ("closed", "wrong", "still", "exited", "newline"):
                    failure.kind = "room"  # this has nothing to do with an attack
                raise
            if server.started_processes > processes:
                fail(server, f"Your server starts a process because of a client, in line "
                     f"{server.started_at[1]}.", "processes")
        self.ann, self.bob = self.peers["ann"], self.peers["bob"]

    def expect_open(self) -> None:
        """None of them was ended."""
        for name, peer in self.peers.items():
            expect_open(self.server, peer, name.title(), "good_ended")

    def hear(self, *news: str) -> None:
        """All of them hear exactly these lines next."""
        for peer in self.peers.values():
            hear(peer, *news)

    def talk(self, *news: str) -> None:
        """They hear this news; then ann and bob hear each other, and nothing else."""
        self.hear(*news)
        self.number += 1
        for name in ("ann", "bob"):
            self.peers[name].send(f"say Grüezi {self.number}\n".encode())
            for other, peer in self.peers.items():
                if other != name:
                    hear(peer, f"said {name} Grüezi {self.number}")

    def say_much(self, lines: int, may_hear: str = "") -> list[str]:
        """Each of them says so many lines; all others hear them. Return what was said.

        may_hear: a line that they may hear in between, once, and which is not yet due.
        """
        said = []
        for name, speaker in self.peers.items():
            texts = [f"said {name} {n}" for n in range(lines)]
            speaker.send("".join(f"say {n}\n" for n in range(lines)).encode())
            said += texts
            for other, peer in self.peers.items():
                if other != name:
                    for text in texts:
                        self._hear_one(peer, text, may_hear)
        return said

    def write_much(self, name: str, lines: int) -> None:
        """Each of them writes so many lines to this member alone."""
        for speaker in self.peers.values():
            speaker.send("".join(f"to {name} {n}\n" for n in range(lines)).encode())

    def has_lost(self, name: str) -> bool:
        """Have all of them heard that this member left? What they wrote later goes to nobody."""
        due, has_left = f"left {name}", True
        for peer in self.peers.values():
            lines = bytes(peer.received[peer.consumed :]).decode("utf-8", "replace").splitlines()
            peer.consumed = len(peer.received)
            heard = [line for line in lines if not line.startswith("error nobody ")]
            if heard not in ([], [due]):
                fail(self.server, "A good client hears what is not due.", "wrong", expected=due,
                     got="\n".join(heard))
            has_left = has_left and bool(heard)
        return has_left

    def _hear_one(self, peer: Peer, text: str, may_hear: str) -> None:
        due = f"{may_hear}\n".encode()
        if may_hear:
            wait_for(peer, len(due))
            if peer.received.startswith(due, peer.consumed):
                hear(peer, may_hear)
        hear(peer, text)

    def hear_some(self, texts: list[str], then: str) -> None:
        """They hear the first of these texts, at least as many as are served, then one line."""
        for peer in self.peers.values():
            hear(peer, *texts[:SERVED_LINES])
            heard = SERVED_LINES
            while (line := next_line(peer)) != then:
                if heard >= len(texts) or line != texts[heard]:
                    fail(self.server, f"A good client should hear {then!r} now.", "wrong",
                         expected=then, got=line)
                heard += 1

    def hear_all_or(self, texts: list[str], other: str) -> int:
        """They hear these texts, as many as there are until the other one; how many?"""
        number = 0
        for peer in self.peers.values():
            number = 0
            for text in texts:
                wait_for(peer, len(text) + 1)
                if not peer.received.startswith(f"{text}\n".encode(), peer.consumed):
                    break
                hear(peer, text)
                number += 1
        return number

    def has_heard(self, line: str) -> bool:
        """Have all of them heard this line, in the course of what was said or now?"""
        due = f"{line}\n".encode()
        for peer in self.peers.values():
            if peer.received.startswith(due, peer.consumed):
                peer.consumed += len(due)
        return all(due in peer.received[: peer.consumed] for peer in self.peers.values())


# -- what the checks are made of ------------------------------------------------------------


def enter(server: Program, name: str) -> Peer:
    """A new member of this name."""
    peer = server.connect()
    peer.send(f"hello parley/1 {name}\n".encode())
    hear(peer, f"welcome {name}")
    server.lab.settle()
    return peer


def not_reading(server: Program) -> Peer:
    """Connect, and do not read: who tells this one something has to wait, until resume().

    It reads if nobody waits in accept(): for a server that never waits, one that has just
    come has room for a line.
    """
    waits = server.lab.settle().waits.get(server.name, [])
    room = 0 if any(call == "accept" for _, call, *_ in waits) else None
    port = server.lab.addresses.of(server)[0].real_port
    return Peer.connect(server.lab, server, ("127.0.0.1", port), ((), None, None, room))


def crowd_of(server: Program, number: int) -> list[Peer]:
    """So many strangers; some of them have sent a part of a line. None is one too many."""
    strangers = []
    for at in range(number):
        strangers.append(server.connect())
        if at % 3 == 1:
            strangers[-1].send(b"hel")
    server.lab.jump(1)
    for stranger in strangers:
        expect_open(server, stranger, "One of the 40")
    return strangers


def wait_for(peer: Peer, size: int) -> Any:
    """Wait for so many more bytes, or the end, up to a second of the program's time."""
    due = peer.consumed + size
    return peer.lab.wait(
        lambda: len(peer.received) >= due or peer.ended, peer.program, horizon=1
    )


def hear(peer: Peer, *lines: str) -> None:
    """The next lines that this peer hears are exactly these, within a second."""
    due = b"".join(f"{line}\n".encode() for line in lines)
    outcome = wait_for(peer, len(due))
    got = bytes(peer.received[peer.consumed : peer.consumed + len(due)])
    if outcome is not None and due.startswith(got) and got != due:
        assert peer.program is not None
        what = "A good client does not hear, within a second, what is due."
        raise peer.program.failure_of(outcome, what, expected=due, got=got)
    peer.expect(due)


def next_line(peer: Peer) -> str:
    """The next line that this peer hears, without its end."""
    return peer.read_line().decode("utf-8", "replace").removesuffix("\n")


def expect_error(server: Program, peer: Peer, code: str) -> None:
    answer = next_line(peer)
    if not re.fullmatch(rf"error {code} .*\S.*", answer):
        fail(server, f"Due here: error {code}, and a few words.", "code",
             expected=f"error {code} ...", got=answer)


def has_ended(peer: Peer) -> bool:
    """Does the server close this connection within a second of its time?"""
    peer.lab.wait(lambda: peer.ended, peer.program, horizon=1)
    return bool(peer.ended)


def expect_open(server: Program, peer: Peer, who: str, kind: str = "early") -> None:
    """All is quiet, and the server has not closed this connection."""
    if peer.ended:
        fail(server, f"{who} is within the limits, but your server has closed the connection.",
             kind, got=bytes(peer.received[peer.consumed :]))


def expect_end(server: Program, peer: Peer,
               what: str = "The connection should be closed by now.") -> None:
    if has_ended(peer):
        return
    last = bytes(peer.received).decode("utf-8", "replace").removesuffix("\n").split("\n")[-1]
    if re.match("error (line|limit) ", last):
        fail(server, f"This client has heard {show(last, 30)}, and its connection is still open.",
             "unclosed", outcome=server.lab.settle())
    fail(server, what, "open", outcome=server.lab.settle())


def expect_refusal(server: Program, peer: Peer, code: str, after: str = "") -> None:
    """This peer hears error CODE and the end. after: a pattern for lines before that."""
    expect_end(server, peer)
    heard = bytes(peer.received[peer.consumed :]).decode("utf-8", "replace").splitlines()
    peer.consumed = len(peer.received)
    while len(heard) > 1 and after and re.fullmatch(after, heard[0]):
        heard.pop(0)
    if peer.ended == "reset":
        return  # some of its bytes were unread when it was closed: then the error may be lost
    if len(heard) != 1 or not re.fullmatch(rf"error {code} .*\S.*", heard[0]):
        kind = "after_it" if heard and heard[0].startswith(f"error {code} ") else "code"
        fail(server, f"Before the end comes: error {code}, and a few words. It is the last "
             "line.", kind, expected=f"error {code} ...", got=" / ".join(heard))


def expect_turned_away(server: Program, peer: Peer) -> None:
    """There is no place for this one: it is told so, and its connection is closed."""
    if not has_ended(peer):
        outcome = server.lab.settle()
        if peer.received.startswith(b"error limit "):
            expect_end(server, peer)
        let_in = (peer.far_port, peer.port) in server.sent
        fail(server, "Forty are connected already, and this one is not turned away: " +
             ("your server has let it in." if let_in else "your server has not accepted it."),
             "let_in" if let_in else "open", outcome=outcome)
    expect_refusal(server, peer, "limit")


def expect_no(mark: Path, server: Program, done: str = "run it") -> None:
    """The folder that eve's text would make is not there."""
    if mark.exists():
        fail(server, f"Your program has {done}: the folder is there.", "run")


def expect_report(server: Program, before: int) -> None:
    """Since its errors were so long, the server has written something to stderr."""
    if not server.errors[before:].strip():
        fail(server, "Your server has written nothing about it to stderr.", "silent")


def feed(server: Program, eve: Peer, before: int) -> None:
    """Send 6 MB without a newline, or until the end, and watch the program's memory."""
    for _ in range(12):
        eve.send(b"x" * 500_000)
        server.lab.settle()
        expect_little(server, before, f"Eve has sent {eve.given:,} bytes without a newline")
        if eve.ended:
            return


def expect_little(server: Program, before: int, what: str) -> None:
    """The program has not grown by more than the contract allows."""
    grown = server.memory - before
    if grown > MEMORY:
        fail(server, f"{what}, and your program has grown by {grown / 1e6:.1f} MB. The contract "
             f"allows {MEMORY / 1e6:.0f} MB.", "memory")


def fail(server: Program, what: str, kind: str, **facts: Any) -> None:
    """Fail; if an exception of the program is behind it, this is what counts."""
    raise server.failure("crashed" if server.crashes else kind, what, **facts)
