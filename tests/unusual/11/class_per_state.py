# graded as: engine.py
# style: a class for each state, which returns the next one; an exception of its own
"""Lesson 11: Parley/1 without a socket."""

import re

NAME = re.compile(r"[-\w]{1,16}", re.ASCII)


class NotAllowed(ValueError):
    """A command that the engine refuses."""


class State:
    hears = ()

    def __init__(self, name=""):
        self.name = name

    def event(self, line):
        raise NotImplementedError

    def after(self, line):
        return self

    def told(self, word, rest):
        """The state after a command."""
        if word == "close" or (word, rest[0]) == ("error", "line"):
            return Closed()
        if word == "error" and rest[0] not in ("taken", "full") or word in self.hears:
            return self
        raise NotAllowed(f"{type(self).__name__}: {word}")


class Stranger(State):
    def event(self, line):
        if line == "bye":
            return ("bye",)
        if line != "hello" and not line.startswith("hello "):
            return ("wrong", "state")
        _, version, name = (line + "  ").split(" ", 2)
        if version != "parley/1":
            return ("wrong", "version")
        if not NAME.fullmatch(name[:-2]) or line.count(" ") != 2:
            return ("wrong", "name")
        return ("hello", name[:-2])

    def after(self, event):
        return Asking(event[1]) if event[0] == "hello" else self


class Asking(State):
    def told(self, word, rest):
        if (word, rest) == ("welcome", [self.name]):
            return Member(self.name)
        if word == "error" and rest[0] in ("taken", "full"):
            return Stranger()
        return super().told(word, rest)


class Member(State):
    hears = "joined", "left", "said", "told", "here"

    def event(self, line):
        for form in ["(bye)", "(who)", "(say) (.+)", "(to) ([^ ]*) (.+)"]:
            if match := re.fullmatch(form, line):
                return match.groups()
        return ("wrong", "state" if line.split(" ")[0] == "hello" else "command")


class Closed(State):
    def told(self, word, rest):
        raise NotAllowed("closed")


class Engine:
    def __init__(self):
        self.state = Stranger()
        self.lines = []  # whole ones; None stands for the end of the stream
        self.rest = b""
        self.done = False

    def receive(self, data=None):
        if not self.done:
            self.cut(data)
        events = []
        while self.lines and not self.done and isinstance(self.state, Stranger | Member):
            event = self.event(self.lines.pop(0))
            self.state = self.state.after(event)
            events.append(event)
            self.done = event[0] in ("bye", "end") or event == ("wrong", "line")
        return events

    def cut(self, data):
        if data == b"":
            self.lines.append(None)
        elif data:
            *whole, self.rest = (self.rest + data).split(b"\n")
            self.lines += whole
            if len(self.rest) > 1000:
                self.lines.append(self.rest)

    def event(self, line):
        if line is None:
            return ("end",)
        if len(line) > 1000:
            return ("wrong", "line")
        try:
            return self.state.event(line.removesuffix(b"\r").decode())
        except UnicodeDecodeError:
            return ("wrong", "line")

    def send(self, command):
        word, *rest = command
        shape = {"welcome": "n", "joined": "n", "left": "n", "said": "nt", "told": "nt",
                 "error": "ct", "here": "n" * max(len(rest), 1), "close": ""}.get(word)
        if shape is None or len(shape) != len(rest):
            raise NotAllowed(f"what is {command}?")
        for kind, text in zip(shape, rest, strict=True):
            codes = "line state version name taken full nobody command".split()
            fine = {"n": NAME.fullmatch(text), "c": text in codes,
                    "t": text and "\n" not in text}[kind]
            if not fine:
                raise NotAllowed(f"{text!r} cannot stand in {word}")
        data = " ".join(command).encode()
        if len(data) > 1100:
            raise NotAllowed("too long")
        self.state = self.state.told(word, rest)
        return data + b"\n" if word != "close" else b""
