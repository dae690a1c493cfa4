# graded as: engine.py
# style: a dataclass, match on bytes all the way, one decode for each field
"""Lesson 11: Parley/1 without a socket."""

from dataclasses import dataclass, field

LETTERS = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def is_name(text: bytes) -> bool:
    return 0 < len(text) < 17 and LETTERS.issuperset(text)


def is_text(text: bytes) -> bool:
    return text != b"" and b"\n" not in text


@dataclass
class Engine:
    held: bytearray = field(default_factory=bytearray)
    asked: str | None = None
    member: bool = False
    deaf: bool = False
    dumb: bool = False
    eof: bool = False

    def receive(self, data: bytes | None = None) -> list[tuple[str, ...]]:
        self.eof = self.eof or data == b""
        self.held += data or b""
        events = []
        while not (self.deaf or self.dumb or self.asked):
            end = self.held.find(b"\n", 0, 1001)
            if end < 0 and len(self.held) > 1000:
                events.append(("wrong", "line"))
            elif end >= 0:
                line = bytes(self.held[:end])
                del self.held[: end + 1]
                events.append(self.understand(line[:-1] if line[-1:] == b"\r" else line))
            elif self.eof:
                events.append(("end",))
            else:
                break
            self.deaf = events[-1][0] in ("bye", "end") or events[-1][-1] == "line" == events[
                -1][1] and events[-1][0] == "wrong"
        if self.deaf:
            self.held.clear()
        return events

    def understand(self, line: bytes) -> tuple[str, ...]:
        try:
            line.decode()
        except UnicodeError:
            return "wrong", "line"
        match (self.member, *line.split(b" ", 2)):
            case (_, b"bye"):
                return ("bye",)
            case (True, b"hello", *_):
                return "wrong", "state"
            case (False, b"hello", b"parley/1", name) if is_name(name):
                self.asked = name.decode()
                return "hello", self.asked
            case (False, b"hello", b"parley/1", *_):
                return "wrong", "name"
            case (False, b"hello", *_):
                return "wrong", "version"
            case (False, *_):
                return "wrong", "state"
            case (True, b"say", *words) if any(words) or len(words) > 1:
                return "say", line[4:].decode()
            case (True, b"to", name, text) if text:
                return "to", name.decode(), text.decode()
            case (True, b"who"):
                return ("who",)
        return "wrong", "command"

    def send(self, command: tuple[str, ...]) -> bytes:
        line = " ".join(command).encode()
        if self.dumb or len(line) > 1100 or not self.may(*[part.encode() for part in command]):
            raise ValueError(f"not now: {command!r}")
        match command:
            case ("welcome", _):
                self.asked, self.member = None, True
            case ("error", "taken" | "full", _):
                self.asked = None
            case ("error", "line", _):
                self.dumb = True
            case ("close",):
                self.dumb = True
                return b""
        return line + b"\n"

    def may(self, *command: bytes) -> bool:
        match command:
            case (b"welcome", name):
                return self.asked is not None and name == self.asked.encode()
            case (b"joined" | b"left", name):
                return self.member and is_name(name)
            case (b"said" | b"told", name, text):
                return self.member and is_name(name) and is_text(text)
            case (b"here", _, *_):
                return self.member and all(map(is_name, command[1:]))
            case (b"error", b"taken" | b"full", text):
                return self.asked is not None and is_text(text)
            case (b"error", code, text):
                codes = b"line state version name nobody command".split()
                return code in codes and is_text(text)
            case (b"close",):
                return True
        return False
