"""Functions and classes of a student's module, called in a child."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from socklab.lesson import Failure, Handle

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

TEXT = """
import socket

def give(value): return value
def add(*numbers): return sum(numbers)
def fail(name): raise getattr(__builtins__, name, ValueError)("oh — dear")
def leave(): raise SystemExit(3)
def spin():
    while True: pass
def ask(): return input()
def receive(sock, size): return sock.recv(size)
def send(sock, data): return sock.sendall(data)
def name(sock): return type(sock).__name__, isinstance(sock, socket.socket), sock.fileno() > 0
def pair(): return object(), [1, (b"x", "y")], {"a": 1}

def read_to_the_end(sock):
    data = b""
    while part := sock.recv(100):
        data += part
    return data

class Counter:
    def __init__(self, start=0): self.n = start
    def up(self, by=1):
        self.n += by
        return self.n
    def same(self, other): return self is other
"""


@pytest.mark.parametrize("value", [
    None, True, 0, -7, 10**30, 1.5, "", "Grüezi 🙂", b"", bytes(range(256)), "\ud800"])
def test_simple_values_come_back(bench: Bench, value: object) -> None:
    module = bench.module(TEXT)
    assert module.call("give", value).value == value
    assert type(module.call("give", value).value) is type(value)


def test_arguments_and_containers(bench: Bench) -> None:
    module = bench.module(TEXT)
    assert module.call("add", 1, 2, 3).value_or_fail() == 6
    thing, items, table = module.call("pair").value
    assert items == [1, [b"x", "y"]]
    assert isinstance(thing, Handle) and thing.type_name == "object"
    assert isinstance(table, Handle) and table.type_name == "dict"
    assert table.call("get", "a").value == 1


def test_exceptions(bench: Bench) -> None:
    module = bench.module(TEXT)
    result = module.call("fail", "ValueError")
    assert (result.error, result.message, result.line) == ("ValueError", "oh — dear", 6)
    with pytest.raises(Failure) as caught:
        result.value_or_fail()
    assert caught.value.kind == "crashed"
    assert module.call("leave").error == "SystemExit"
    assert module.call("no_such_function").error == "AttributeError"
    assert module.call("add", "x").error == "TypeError"
    assert module.call("add", 1).value == 1  # the child lives on


def test_objects(bench: Bench) -> None:
    module = bench.module(TEXT)
    one, two = module.make("Counter"), module.make("Counter", 10)
    assert [one.call("up").value, two.call("up", 5).value, one.call("up").value] == [1, 15, 2]
    assert one.call("same", one).value is True and one.call("same", two).value is False
    assert one.type_name == "Counter"
    with pytest.raises(Failure):
        module.make("add", 1)
    with pytest.raises(Failure) as caught:
        module.make("Counter", 1, 2, 3)
    assert caught.value.kind == "crashed"


def test_wires(bench: Bench) -> None:
    module = bench.module(TEXT)
    wire = module.wire()
    assert module.call("name", wire).value == ["socket", True, True]
    wire.peer.send(b"hello")
    assert module.call("receive", wire, 3).value == b"hel"
    assert wire.call("recv", 10).value == b"lo"
    module.call("send", wire, b"world")
    wire.peer.expect(b"world")
    wire.peer.expect_nothing()
    wire.call("close")
    wire.peer.expect_end()


def test_wires_with_faults(bench: Bench) -> None:
    module = bench.module(TEXT)
    wire = module.wire(cuts=[1, 4], recv_max=5)
    wire.peer.send(b"0123456789")
    assert [wire.call("recv", 99).value for _ in range(4)] == [b"0", b"123", b"45678", b"9"]
    wire = module.wire(send_max=3)
    assert wire.call("send", b"hello").value == 3
    wire.peer.expect(b"hel")


def test_faults_of_the_whole_module(bench: Bench) -> None:
    module = bench.module(TEXT, recv_max=2, send_max=1)
    wire = module.wire()
    wire.peer.send(b"hello")
    assert wire.call("recv", 99).value == b"he"
    assert wire.call("send", b"hello").value == 1


def test_hundreds_of_wires(bench: Bench) -> None:
    module = bench.module(TEXT)
    for n in range(300):
        wire = module.wire(cuts=[n % 5])
        wire.peer.send(b"hello")
        wire.peer.half_close()
        assert module.call("read_to_the_end", wire).value == b"hello"
        wire.peer.close()
        wire.call("close")


def test_a_call_beside_the_peer(bench: Bench) -> None:
    module = bench.module(TEXT)
    wire = module.wire()
    call = module.start("read_to_the_end", wire)
    assert call.waiting
    wire.peer.send_slowly(b"hello")
    assert call.waiting
    wire.peer.half_close()
    assert call.expect_result().value == b"hello"


def test_a_call_that_does_not_return(bench: Bench) -> None:
    module = bench.module(TEXT)
    wire = module.wire()
    call = module.start("receive", wire, 10)
    with pytest.raises(Failure) as caught:
        call.expect_result()
    assert caught.value.kind == "still" and "receive(sock, 10)" in caught.value.what
    waits = caught.value.outcome.waits["functions.py"]  # type: ignore[union-attr]
    assert waits[0][:4] == ("main", "recv", "functions.py", 11)


def test_a_call_that_spins(bench: Bench) -> None:
    module = bench.module(TEXT)
    with pytest.raises(Failure) as caught:
        module.call("spin")
    assert caught.value.kind == "running"


def test_a_call_that_asks_the_keyboard(bench: Bench) -> None:
    module = bench.module(TEXT)
    call = module.start("ask")
    assert call.waiting
    module.program.type("hello")
    assert call.expect_result().value == "hello"


@pytest.mark.parametrize("text, kind, line", [
    ("def f(:\n", "syntax", 1), ("x = 1\n1/0\n", "crashed", 2),
    ("import no_such_module\n", "crashed", 1),
])
def test_a_module_that_cannot_be_imported(
    bench: Bench, text: str, kind: str, line: int
) -> None:
    with pytest.raises(Failure) as caught:
        bench.module(text)
    assert caught.value.kind == kind and caught.value.crash is not None
    assert caught.value.crash.line == line or kind == "syntax"


@pytest.mark.parametrize("text", ["import os; os._exit(0)", "import sys; sys.exit(0)"])
def test_a_module_that_ends_its_process(bench: Bench, text: str) -> None:
    with pytest.raises(Failure) as caught:
        bench.module(text)
    assert caught.value.kind in ("exited", "crashed")


def test_a_module_that_asks_when_it_is_imported(bench: Bench) -> None:
    with pytest.raises(Failure) as caught:
        bench.module("name = input()")
    assert caught.value.kind == "still"


def test_main_guards_are_kept(bench: Bench) -> None:
    module = bench.module("""
        print(__name__)
        if __name__ == "__main__":
            raise SystemExit("started")
        def f(): return __name__
    """)
    assert module.call("f").value == "functions"


def test_calls_are_counted(bench: Bench) -> None:
    module = bench.module(TEXT)
    wire = module.wire()
    wire.peer.send(b"hello")
    for _ in range(5):
        module.call("receive", wire, 1)
    assert module.calls("recv") == 5
