# graded as: engine.py
# style: one regular expression for all lines of a client, one for all lines of the room
"""Lesson 11: Parley/1 without a socket."""

import re
from typing import NamedTuple

LINE = re.compile(rb"([^\n]{0,1000})\n")
CLIENT = re.compile(r"""
    (?P<bye> bye ) | (?P<who> who ) | say [ ] (?P<say> .+ )
  | to [ ] (?P<to> [^ ]* ) [ ] (?P<text> .+ )
  | hello (?: [ ] (?P<version> [^ ]* ) (?: [ ] (?P<name> .* ) )? )?
""", re.VERBOSE)  # fmt: skip
ROOM = re.compile(r"""
    (?P<welcome> welcome \ud800 N )
  | (?P<news> (joined|left) \ud800 N | (said|told) \ud800 N \ud800 T | here (\ud800 N)+ )
  | error \ud800 ( (?P<no> taken|full ) | (?P<last> line )
             | (state|version|name|nobody|command) ) \ud800 T
  | (?P<close> close )
""".replace("N", "[A-Za-z0-9_-]{1,16}").replace("T", r"[^\ud800\n]+"), re.VERBOSE)  # fmt: skip


class Bye(NamedTuple):
    word: str = "bye"


class Who(NamedTuple):
    word: str = "who"


class Say(NamedTuple):
    word: str
    text: str


class Engine:
    state = "stranger"
    data = b""
    eof = over = False
    name = ""

    def receive(self, data=None):
        self.eof |= data == b""
        self.data += data or b""
        events = []
        while not self.over and self.state in ("stranger", "member"):
            if match := LINE.match(self.data):
                self.data = self.data[match.end() :]
                event = self.meaning(match[1].removesuffix(b"\r"))
            elif len(self.data) > 1000:
                event = ("wrong", "line")
            elif self.eof:
                event = ("end",)
            else:
                break
            events.append(event)
            self.over = event[0] in ("bye", "end") or event == ("wrong", "line")
        return events

    def meaning(self, line):
        try:
            line = line.decode()
        except UnicodeDecodeError:
            return ("wrong", "line")
        match = CLIENT.fullmatch(line)
        got = match.groupdict() if match else {}
        if got.get("bye"):
            return Bye()
        if re.match("hello( |$)", line) if self.state == "member" else \
                not re.match(r"hello( |\Z)", line):
            return ("wrong", "state")
        if self.state == "stranger":
            if got.get("version") != "parley/1":
                return ("wrong", "version")
            if not re.fullmatch("[A-Za-z0-9_-]{1,16}", got["name"] or ""):
                return ("wrong", "name")
            self.state, self.name = "asking", got["name"]
            return ("hello", self.name)
        if got.get("who"):
            return Who()
        if got.get("say"):
            return Say("say", got["say"])
        if got.get("text"):
            return ("to", got["to"], got["text"])
        return ("wrong", "command")

    def send(self, command):
        line = " ".join(command).encode()
        match = ROOM.fullmatch("\ud800".join(command))  # no text can hold this: see encode()
        if not match or len(line) > 1100 or self.state == "closed" \
                or match["news"] and self.state != "member" \
                or (match["welcome"] or match["no"]) and self.state != "asking" \
                or match["welcome"] and command[1] != self.name:
            raise ValueError(f"{command} to a {self.state}")
        if match["welcome"]:
            self.state = "member"
        if match["no"]:
            self.state = "stranger"
        if match["last"] or match["close"]:
            self.state = "closed"
        return line + b"\n" if not match["close"] else b""
