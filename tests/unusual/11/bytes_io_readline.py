# graded as: engine.py
# style: io.BytesIO and readline(); reads ahead only as far as the room has answered
"""Lesson 11: Parley/1 without a socket."""

import io

NAME_BYTES = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


class Engine:
    def __init__(self):
        self.stream = io.BytesIO()
        self.read_so_far = 0
        self.no_more = self.stopped = self.closed = False
        self.name = self.candidate = None

    def receive(self, data=None):
        if data is not None:
            self.no_more = self.no_more or not data
            self.stream.seek(0, io.SEEK_END)
            self.stream.write(data)
        events = []
        while self.candidate is None and not self.stopped and not self.closed:
            self.stream.seek(self.read_so_far)
            line = self.stream.readline(1001)
            if line[-1:] == b"\n":
                self.read_so_far += len(line)
                line = line[:-1]
                events.append(self.parse(line[:-1] if line.endswith(b"\r") else line))
            elif len(line) > 1000:
                events.append(("wrong", "line"))
            elif self.no_more:
                events.append(("end",))
            else:
                break
            self.stopped = events[-1] in [("wrong", "line"), ("bye",), ("end",)]
        return events

    def parse(self, raw):
        try:
            line = raw.decode()
        except UnicodeDecodeError:
            return "wrong", "line"
        if line == "bye":
            return ("bye",)
        words = line.split(" ")
        if self.name is None:
            if words[0] != "hello":
                return "wrong", "state"
            if words[1:2] != ["parley/1"]:
                return "wrong", "version"
            if len(words) != 3 or not self.is_name(words[2]):
                return "wrong", "name"
            self.candidate = words[2]
            return "hello", words[2]
        if words[0] == "hello":
            return "wrong", "state"
        if words == ["who"]:
            return ("who",)
        if words[0] == "say" and len(line) > 4:
            return "say", line[4:]
        if words[0] == "to" and len(words) > 2 and words[2:] != [""]:
            return "to", words[1], " ".join(words[2:])
        return "wrong", "command"

    @staticmethod
    def is_name(text):
        return len(text) in range(1, 17) and NAME_BYTES.issuperset(text)

    def send(self, command):
        try:
            method = getattr(self, "send_" + command[0])
            if self.closed:
                raise ValueError("closed")
            line = " ".join(command).encode()
            if len(line) > 1100:
                raise ValueError("long")
            method(*command[1:])
        except (AttributeError, TypeError) as error:
            raise ValueError(f"no such command: {command}") from error
        return b"" if command[0] == "close" else line + b"\n"

    def check(self, condition):
        if not condition:
            raise ValueError("not now, or not like this")

    def send_welcome(self, name):
        self.check(name == self.candidate)
        self.name, self.candidate = name, None

    def send_joined(self, name):
        self.check(self.name is not None and self.is_name(name))

    send_left = send_joined

    def send_said(self, name, text):
        self.check(self.name is not None and self.is_name(name) and text and "\n" not in text)

    send_told = send_said

    def send_here(self, *names):
        self.check(self.name is not None and names and all(map(self.is_name, names)))

    def send_error(self, code, text):
        self.check(text and "\n" not in text)
        if code in ("taken", "full"):
            self.check(self.candidate is not None)
            self.candidate = None
        elif code == "line":
            self.closed = True
        else:
            self.check(code in ("state", "version", "name", "nobody", "command"))

    def send_close(self):
        self.closed = True
