# graded as: engine.py
# style: a dict of functions for (state, word), a deque of lines, lists for tuples
"""Lesson 11: Parley/1 without a socket."""

import collections
import functools


def ok_name(text):
    return text.isascii() and 0 < len(text) <= 16 and text.replace("-", "_").replace(
        "_", "a").isalnum()


def ok_text(text):
    return bool(text) and "\n" not in text


def ok_code(text):
    return text in ("line", "state", "version", "name", "taken", "full", "nobody", "command")


def wrong(code, engine, rest):
    return ["wrong", code]


def bye(engine, rest):
    return ["bye"] if rest is None else engine.otherwise()


def who(engine, rest):
    return ["who"] if rest is None else engine.otherwise()


def say(engine, rest):
    return ["say", rest] if rest else engine.otherwise()


def to(engine, rest):
    name, blank, text = (rest or "").partition(" ")
    return ["to", name, text] if text else engine.otherwise()


def hello(engine, rest):
    version, blank, name = (rest or "").partition(" ")
    if version != "parley/1":
        return ["wrong", "version"]
    if not ok_name(name):
        return ["wrong", "name"]
    engine.mode, engine.called = "asking", name
    return ["hello", name]


LINES = {
    ("stranger", "hello"): hello, ("stranger", "bye"): bye,
    ("member", "hello"): functools.partial(wrong, "state"), ("member", "bye"): bye,
    ("member", "who"): who, ("member", "say"): say, ("member", "to"): to,
}  # fmt: skip
COMMANDS = {
    "welcome": ([ok_name], {"asking": "member"}),
    "joined": ([ok_name], {"member": "member"}),
    "left": ([ok_name], {"member": "member"}),
    "said": ([ok_name, ok_text], {"member": "member"}),
    "told": ([ok_name, ok_text], {"member": "member"}),
    "here": (None, {"member": "member"}),
    "error": ([ok_code, ok_text],
              {"stranger": "stranger", "member": "member", "asking": "asking"}),
    "close": ([], {"stranger": "shut", "member": "shut", "asking": "shut"}),
}  # fmt: skip


class Engine:
    def __init__(self):
        self.mode, self.called = "stranger", ""
        self.part, self.queue, self.finished = bytearray(), collections.deque(), False

    def otherwise(self):
        return ["wrong", "state" if self.mode == "stranger" else "command"]

    def receive(self, *data):
        for piece in data:
            if piece == b"":
                self.queue.append(["end"])
            for byte in piece or b"":
                if byte == 10:
                    self.queue.append(bytes(self.part))
                    self.part.clear()
                else:
                    self.part.append(byte)
                    if len(self.part) > 1000:
                        self.queue.append(["wrong", "line"])
        found = []
        while self.queue and self.mode in ("stranger", "member") and not self.finished:
            found.append(self.look_at(self.queue.popleft()))
            self.finished = found[-1] in (["bye"], ["end"], ["wrong", "line"])
        return found

    def look_at(self, line):
        if isinstance(line, list):
            return line
        try:
            text = str(line, "utf-8")
        except ValueError:
            return ["wrong", "line"]
        if text[-1:] == "\r":
            text = text[:-1]
        word, blank, rest = text.partition(" ")
        act = LINES.get((self.mode, word))
        return act(self, rest if blank else None) if act else self.otherwise()

    def send(self, command):
        word, rest = command[0], command[1:]
        if word not in COMMANDS:
            raise ValueError(word)
        tests, modes = COMMANDS[word]
        if tests is None:
            tests = [ok_name] * max(1, len(rest))
        if len(tests) != len(rest) or not all(
                test(part) for test, part in zip(tests, rest, strict=True)):
            raise ValueError(command)
        if self.mode not in modes or word == "welcome" and rest[0] != self.called:
            raise ValueError(f"{word}, while {self.mode}")
        mode = modes[self.mode]
        if word == "error" and rest[0] in ("taken", "full"):
            if self.mode != "asking":
                raise ValueError("an answer without a question")
            mode = "stranger"
        if word == "error" and rest[0] == "line":
            mode = "shut"
        data = str.encode(" ".join(command))
        if len(data) > 1100:
            raise ValueError(f"{len(data)} bytes")
        self.mode = mode
        return b"" if word == "close" else data + b"\n"
