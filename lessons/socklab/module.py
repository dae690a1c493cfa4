"""Functions and classes of a student's module, called in a child process."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .exchange import HORIZON
from .failure import Failure
from .peer import Peer
from .program import SYNTAX, Program
from .tape import Event


@dataclass
class Result:
    """What a call gave: a value, or the name and text of the exception it raised.

    `line` is the student's line on which the exception came up, 0 if there is none.
    """

    call: str
    value: Any = None
    error: str = ""
    message: str = ""
    file: str = ""
    line: int = 0
    kinds: tuple[str, ...] = ()  # the exception's class and its base classes
    module: Any = None

    @property
    def place(self) -> str:
        """Where the exception came up, as " (line 5)"; "" if it was not the student's line."""
        return f" (line {self.line})" if self.line else ""

    def raised(self, *names: str) -> bool:
        """True if it raised one of these exceptions, or a subclass of one."""
        return any(name in self.kinds for name in names)

    def value_or_fail(self) -> Any:
        """Return the value; Failure (kind "crashed") if the call raised."""
        if self.error:
            missing = self.error == "AttributeError" and not self.line
            what = f"{self.call} " + ("cannot be called." if missing else "raises an exception.")
            failure = self.module.program.failure("no_name" if missing else "crashed", what)
            failure.crash = Event(0.0, self.module.program.name, "crash", self.file,
                                  self.line, note=self.error, data=self.message.encode())
            raise failure
        return self.value


@dataclass
class Handle:
    """An object in the child.  `call` calls one of its methods."""

    module: Module
    number: int
    type_name: str

    def __repr__(self) -> str:
        return f"<an object of the class {self.type_name}>"

    def call(self, method: str, *arguments: Any) -> Result:
        """Call a method; see `Module.call`."""
        return self.module._call(self.number, method, arguments).expect_result()

    def start(self, method: str, *arguments: Any) -> Call:
        """Start a method call that the check will act beside."""
        return self.module._call(self.number, method, arguments)


@dataclass
class Wire(Handle):
    """A socket in the child; `peer` is the bench's end of it."""

    peer: Peer


class Call:
    """A call under way."""

    def __init__(self, module: Module, number: int, text: str) -> None:
        self.module, self.number, self.text = module, number, text

    @property
    def waiting(self) -> bool:
        """True if it is proven to wait for something that we have not given it."""
        lab = self.module.program.lab
        lab.wait(self._over, self.module.program, horizon=0)
        return not self._over()

    def _over(self) -> bool:
        return self.number in self.module.program.results

    def expect_result(self, horizon: float = HORIZON) -> Result:
        """Wait for its end.  Failure if it waits for ever, or never rests.

        horizon: seconds of program time that it may take.
        """
        program = self.module.program
        outcome = program.lab.wait(self._over, program, horizon)
        if outcome is not None:
            raise program.failure_of(outcome, f"{self.text} does not return.")
        fine, value = program.results.pop(self.number)
        if fine:
            return Result(self.text, self.module._plain(value), module=self.module)
        error, message, frames, kinds = value
        file, line, _ = frames[-1] if frames else ("", 0, "")
        return Result(self.text, error=error, message=message, file=file, line=line,
                      kinds=kinds, module=self.module)


def unusable(program: Program, result: Result, what: str, how: str) -> Failure:
    """The failure for a file or class of the program that raises before it can be used."""
    kind = "syntax" if result.error in SYNTAX else "crashed"
    failure = program.failure(kind, f"{what} cannot be {how}.")
    failure.crash = Event(0.0, program.name, "crash", result.file, result.line,
                          note=result.error, data=result.message.encode())
    return failure


class Module:
    """A student's file, imported in a process of its own.  `Lab.module` makes it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._count = 0
        result = self._call(None, "<import>", (str(program.path),)).expect_result()
        if result.error:
            raise unusable(program, result, program.name, "imported")

    def call(self, name: str, *arguments: Any) -> Result:
        """Call a function of the module and wait for its result.

        Arguments may be None, bool, int, float, str, bytes, a Wire or a Handle.
        """
        return self._call(None, name, arguments).expect_result()

    def start(self, name: str, *arguments: Any) -> Call:
        """Start a call that the check will act beside."""
        return self._call(None, name, arguments)

    def calls(self, name: str) -> int:
        """How often the module's code has made the socket call `name`, like "send"."""
        return self.program.calls(name)

    def make(self, name: str, *arguments: Any) -> Handle:
        """Make an object; Failure if that raises."""
        value = self.call(name, *arguments).value_or_fail()
        if not isinstance(value, Handle):
            raise Failure("wrong", f"{name} should be a class.")
        return value

    def wire(self, *, cuts: Iterable[int] | None = None, recv_max: int | None = None,
             send_max: int | None = None) -> Wire:
        """Make a connected pair: the Wire is a socket for the student's code."""
        lab = self.program.lab
        with socket.create_server(("127.0.0.1", 0)) as door:
            host, port = door.getsockname()
            plan = (tuple(sorted(cuts or ())), recv_max, send_max, None)
            call = self._call(None, "<wire>", (host, port, plan))
            handle = call.expect_result().value_or_fail()
            connection, address = door.accept()
        peer = Peer(lab, self.program, connection, address[1])
        return Wire(self, handle.number, "socket", peer)

    def _call(self, target: int | None, name: str, arguments: tuple) -> Call:
        self._count += 1
        self.program.orders_open += 1
        self.program.lab.handed += sum(len(a) for a in arguments if isinstance(a, bytes | str))
        packed = tuple(("object", a.number) if isinstance(a, Handle) else ("plain", a)
                       for a in arguments)
        self.program.tell("order", self._count, target, name, packed)
        shown = ", ".join("sock" if isinstance(a, Wire) else "…" if isinstance(a, Handle)
                          else repr(a) if len(repr(a)) < 40 else "…" for a in arguments)
        return Call(self, self._count, f"{name}({shown})")

    def _plain(self, value: tuple) -> Any:
        kind, content = value[:2]
        if kind == "list":
            return [self._plain(v) for v in content]
        if kind == "object":
            return Handle(self, content, value[2])
        return bytearray(content) if kind == "bytearray" else content
