# graded as: engine.py
# style: the reading side is a generator that is fed with send(), one byte at a time
"""Lesson 11: Parley/1 without a socket."""

import string

LETTERS = string.ascii_letters + string.digits + "_-"


def good_name(name):
    return 1 <= len(name) <= 16 and all(letter in LETTERS for letter in name)


def lines():
    """Yields None for "more, please"; is sent a byte, or b"" at the end; yields lines."""
    line = bytearray()
    while True:
        byte = yield None
        if byte == b"":
            yield "end"
            return
        if byte == b"\n":
            yield bytes(line)
            line = bytearray()
        else:
            line += byte
            if len(line) == 1001:
                yield "line"
                return


class Engine:
    def __init__(self):
        self.waiting = []  # single bytes, and b""
        self.talk = self.conversation()
        self.last = False
        self.may = {"error", "close"}
        self.wanted = None

    def conversation(self):
        """Takes lines by send(), yields events. Where it stands is the state."""
        line = yield
        while True:
            while self.wanted is None:
                line = yield self.stranger(line)
            while self.wanted is not None and "said" not in self.may:
                line = yield "not answered"
            while "said" in self.may:
                line = yield self.member(line)

    def stranger(self, line):
        if line == "bye":
            return ("bye",)
        words = line.split(" ", 2)
        if words[0] != "hello":
            return ("wrong", "state")
        if words[1:2] != ["parley/1"]:
            return ("wrong", "version")
        if not good_name("".join(words[2:])):
            return ("wrong", "name")
        self.wanted = words[2]
        self.may |= {"welcome"}
        return ("hello", self.wanted)

    def member(self, line):
        first, _, rest = line.partition(" ")
        second, _, text = rest.partition(" ")
        if line in ("bye", "who"):
            return (line,)
        if first == "hello":
            return ("wrong", "state")
        if first == "say" and rest:
            return ("say", rest)
        if first == "to" and text:
            return ("to", second, text)
        return ("wrong", "command")

    def receive(self, data=None):
        if data is not None:
            self.waiting += [data[n : n + 1] for n in range(len(data))] or [b""]
        return list(self.events())

    def events(self):
        if not hasattr(self, "cutter"):
            self.cutter = lines()
            next(self.cutter)
            next(self.talk)
        while self.waiting and not self.last and "welcome" not in self.may and self.may:
            line = self.cutter.send(self.waiting.pop(0))
            if line is None:
                continue
            if isinstance(line, bytes):
                next(self.cutter)
                line = line[:-1] if line.endswith(b"\r") else line
                try:
                    event = self.talk.send(line.decode("utf-8"))
                except UnicodeDecodeError:
                    event = ("wrong", "line")
            else:
                event = ("end",) if line == "end" else ("wrong", "line")
            self.last = event in (("bye",), ("end",), ("wrong", "line"))
            yield event

    def send(self, command):
        word, *rest = command
        line = (" ".join(command) + "\n").encode("utf-8")
        names = rest if word == "here" else rest[:1]
        answers_hello = word == "error" and rest[:1] in (["taken"], ["full"])
        codes = "line", "state", "version", "name", "taken", "full", "nobody", "command"
        right = (
            word in self.may
            and len(line) <= 1101
            and line.count(b"\n") == 1
            and (word == "close") == (rest == [])
            and (len(rest) == {"said": 2, "told": 2, "error": 2}.get(word, 1)
                 or word in ("here", "close"))
            and (word != "error" or rest[0] in codes)
            and all(good_name(name) for name in names if word not in ("error", "close"))
            and (word not in ("said", "told", "error") or rest[1] != "")
            and (word != "welcome" or rest == [self.wanted])
            and not (answers_hello and "welcome" not in self.may)
        )  # fmt: skip
        if not right:
            raise ValueError(command)
        if word == "welcome":
            self.may = {"error", "close", "joined", "left", "said", "told", "here"}
        elif answers_hello:
            self.may, self.wanted = {"error", "close"}, None
        elif word == "close" or rest[:1] == ["line"] and word == "error":
            self.may = set()
        return b"" if word == "close" else line
