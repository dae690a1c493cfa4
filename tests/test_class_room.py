"""The teacher's room, solutions/09/class_room.py: a room for others' machines, log, kick."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from grading import KIT
from socklab.hub import Hub
from socklab.lesson import Lab, Peer, Program
from socklab.submission import Submission

pytest_plugins = ["benching"]


@pytest.fixture
def room(hub: Hub) -> Iterator[Program]:
    lab = Lab(hub, Submission("09", KIT / "solutions" / "09"))
    yield lab.server("class_room.py", port=5060, arguments=("0.0.0.0", "5060"))
    assert lab.close() == 0


def enter(room: Program, name: str) -> Peer:
    peer = room.connect()
    peer.send(f"hello parley/1 {name}\n".encode())
    peer.expect(f"welcome {name}\n".encode())
    room.lab.settle()
    return peer


def test_it_is_a_room_and_writes_a_log(room: Program) -> None:
    ann, bob = enter(room, "ann"), enter(room, "bob")
    ann.expect(b"joined bob\n")
    ann.send("say Grüezi\x1b[2J\n".encode())
    bob.expect("said ann Grüezi\x1b[2J\n".encode())
    room.lab.settle()  # ann's line is noted when it has had its effect
    bob.send(b"bye\n")
    bob.expect_end()
    room.lab.settle()
    log = room.errors.splitlines()
    assert [line.partition(" ")[2] for line in log] == [
        "127.0.0.1: connected", "127.0.0.1, ann: 'hello parley/1 ann'",
        "127.0.0.1: connected", "127.0.0.1, bob: 'hello parley/1 bob'",
        "127.0.0.1, ann: 'say Grüezi\\x1b[2J'", "127.0.0.1: gone",
    ]


def test_kick(room: Program) -> None:
    ann, bob = enter(room, "ann"), enter(room, "bob")
    ann.expect(b"joined bob\n")
    room.type("kick bob")
    bob.expect_end()
    ann.expect(b"left bob\n")
    room.type("kick bob")
    room.expect_output("nobody of this name")
    ann.expect_nothing()
    back = enter(room, "bob")  # kick is no lock on the door
    ann.expect(b"joined bob\n")
    back.pause()
    ann.send(b"say hi\n")
    room.lab.settle()
    room.type("kick bob")  # also one who does not read
    ann.expect(b"left bob\n")
    back.expect_end()


def test_who_and_quit(room: Program) -> None:
    enter(room, "bob")
    enter(room, "ann")
    room.type("who")
    room.expect_output("ann from 127.0.0.1\nbob from 127.0.0.1\n2 in the room")
    room.type("dance")
    room.expect_output("who, kick NAME, quit")
    room.type("quit")
    room.expect_exit(0)


def test_the_end_of_the_input_is_the_end(room: Program) -> None:
    room.end_input()
    room.expect_exit(0)
