"""Lesson 00: Ready?"""

import pytest
from socklab.lesson import Lab, Module, core, more, random_text

TEXTS = ["hello", "Grüezi", "東京 🙂", "", random_text(100, seed=1)]


@pytest.fixture
def hello(lab: Lab) -> Module:
    return lab.module("hello.py")


@core
def test_python_runs_your_file(lab: Lab) -> None:
    """Python runs hello.py from the first line to the last."""
    program = lab.program("hello.py")
    program.expect_output("Python 3.")
    program.expect_exit(0)


@core
def test_loopback(lab: Lab) -> None:
    """The program can call itself over loopback."""
    program = lab.program("hello.py")
    program.expect_output("Loopback works")
    program.expect_exit(0)


@core
def test_greeting(lab: Lab, hello: Module) -> None:
    """The greeting is written as in the contract."""
    for name in ["Mia", "Zoë"]:
        got = hello.call("greeting", name).value_or_fail()
        compare(lab, f"greeting({name!r})", got, f"Hello, {name}!")


@core
def test_to_bytes(lab: Lab, hello: Module) -> None:
    """to_bytes turns any text into UTF-8 bytes."""
    for text in TEXTS:
        got = hello.call("to_bytes", text).value_or_fail()
        compare(lab, f"to_bytes({text!r})", got, text.encode())


@core
def test_to_text(lab: Lab, hello: Module) -> None:
    """to_text turns UTF-8 bytes back into the same text."""
    for text in TEXTS:
        data = text.encode()
        got = hello.call("to_text", data).value_or_fail()
        compare(lab, f"to_text({data!r})", got, text)


@more
def test_not_text(lab: Lab, hello: Module) -> None:
    """Bytes that stand for no text get an answer, not a traceback."""
    for data in [b"\xff\xfe", "Grüezi".encode("latin-1"), "Grü".encode()[:-1]]:
        got = hello.call("to_text", data).value_or_fail()
        compare(lab, f"to_text({data!r})", got, "(not text)")


@more
def test_send_greeting(lab: Lab, hello: Module) -> None:
    """The greeting travels through a real connection, again and again."""
    wire = hello.wire()
    for name in ["Mia", "Zoë", "東京"]:
        hello.call("send_greeting", wire, name).value_or_fail()
        lab.settle()
        if not wire.peer.received:
            lab.fail("send_greeting sent nothing.", kind="nothing")
        wire.peer.expect(f"Hello, {name}!\n".encode())
    wire.peer.expect_nothing()


def compare(lab: Lab, call: str, got: object, due: str | bytes) -> None:
    if type(got) is not type(due):
        kind = "nothing" if got is None else "wrong"
        lab.fail(f"{call} returns {got!r}. The contract says {due!r}.", kind=kind)
    if got != due:
        lab.fail(f"{call} returns something else than the contract says.",
                 expected=due, got=got)
