# graded as: engine.py
# mistake: close and error line do not close the engine while a hello waits
# caught by: test_refused
# fails as: open
"""Lesson 11: Parley/1 without a socket: the room's side of one connection."""

import re

LONGEST_IN, LONGEST_OUT = 1000, 1100  # bytes of a line, before its \n
NAME = "[A-Za-z0-9_-]{1,16}"
TEXT = ".+"  # the dot stands for everything but \n
CODE = "line|state|version|name|taken|full|nobody|command"
FIELDS = {
    "welcome": [NAME], "joined": [NAME], "left": [NAME],
    "said": [NAME, TEXT], "told": [NAME, TEXT], "error": [CODE, TEXT], "close": [],
}  # fmt: skip
NEWS = ["joined", "left", "said", "told", "here"]  # for members only
REFUSALS = [("error", "taken"), ("error", "full")]  # of a hello


class Engine:
    """Bytes in, events out; commands in, bytes out. It never waits and calls nobody."""

    def __init__(self):
        self.state = "stranger"  # then "asking" (hello is not answered yet), "member", "closed"
        self.name = ""  # what this client asked to be called
        self.buffer = b""  # what has come and is no event yet
        self.ended = False  # the stream has: nothing more will come
        self.over = False  # the last event is out

    # -- bytes in, events out -------------------------------------------------------------

    def receive(self, data=None):
        """Take bytes (b"" is the end of the stream, None is nothing); return the events."""
        if data == b"":
            self.ended = True
        elif data:
            self.buffer += data
        events = []
        # while a hello waits for its answer, nobody knows how the next line is to be read
        while not self.over and self.state not in ("asking", "closed"):
            event = self.next_event()
            if event is None:
                break
            self.over = event in [("bye",), ("end",), ("wrong", "line")]
            events.append(event)
        return events

    def next_event(self):
        """The event of the next line; None if that is not whole yet."""
        line, newline, rest = self.buffer.partition(b"\n")
        if len(line) > LONGEST_IN:
            return ("wrong", "line")
        if not newline:
            return ("end",) if self.ended else None
        self.buffer = rest
        try:
            return self.read(line.removesuffix(b"\r").decode())
        except UnicodeDecodeError:
            return ("wrong", "line")

    def read(self, line):
        """What one line means, in the present state."""
        word, *rest = line.split(" ", 1)
        if line == "bye":
            return ("bye",)
        if (self.state == "stranger") != (word == "hello"):
            return ("wrong", "state")
        if word == "hello":
            return self.read_hello(*rest)
        if line == "who":
            return ("who",)
        if word == "say" and rest != [] and rest != [""]:
            return ("say", *rest)
        if match := re.fullmatch("to ([^ ]*) (.+)", line):
            return ("to", *match.groups())
        return ("wrong", "command")

    def read_hello(self, rest=""):
        version, _, name = rest.partition(" ")
        if version != "parley/1":
            return ("wrong", "version")
        if not re.fullmatch(NAME, name):
            return ("wrong", "name")
        self.state, self.name = "asking", name
        return ("hello", name)

    # -- commands in, bytes out -----------------------------------------------------------

    def send(self, command):
        """Return the bytes of a command; ValueError, and no change, if it may not be now."""
        word, *fields = command
        forms = [NAME] * max(1, len(fields)) if word == "here" else FIELDS.get(word)
        if forms is None or len(forms) != len(fields) or not all(map(re.fullmatch, forms, fields)):
            raise ValueError(f"{command} is no line of the room")
        line = " ".join(command).encode()
        if len(line) > LONGEST_OUT:
            raise ValueError(f"{len(line)} bytes are too long for a line")
        self.state = self.next_state(word, fields[0] if fields else "")
        return b"" if word == "close" else line + b"\n"

    def next_state(self, word, first):
        """The state after a command; ValueError if it is not allowed in the present one."""
        answers_hello = word == "welcome" or (word, first) in REFUSALS
        if self.state == "closed":
            raise ValueError("the connection is closed")
        if answers_hello and self.state != "asking" or word == "welcome" and first != self.name:
            raise ValueError(f"no hello waits for {word} {first}")
        if word in NEWS and self.state != "member":
            raise ValueError(f"a {self.state} hears no {word}")
        if word == "welcome":
            return "member"
        if self.state != "asking" and (word == "close" or (word, first) == ("error", "line")):
            return "closed"
        return "stranger" if answers_hello else self.state


if __name__ == "__main__":
    print("engine.py holds a class for other programs: given_room.py runs on it.")
