# graded as: chat_server.py
# style: asyncio protocol, a regular expression for each form
"""Lesson 09: a chat room with asyncio protocols."""

import asyncio
import re

NAME = re.compile("[A-Za-z0-9_-]{1,16}")
room = {}


class Guest(asyncio.Protocol):
    name = None
    over = False
    data = b""

    def connection_made(self, transport):
        self.transport = transport

    def tell(self, *words):
        if not self.transport.is_closing():
            self.transport.write((" ".join(words) + "\n").encode())

    def others(self):
        return [guest for guest in room.values() if guest is not self]

    def data_received(self, data):
        self.data += data
        while not self.over and (b"\n" in self.data[:1001] or len(self.data) > 1000):
            line, newline, self.data = self.data.partition(b"\n")
            try:
                if len(line) > 1000 or not newline:
                    raise ValueError("1000 bytes are the limit")
                text = line.decode("utf-8")
            except ValueError as error:
                self.tell("error line", str(error))
                self.end()
            else:
                self.obey(text[:-1] if text.endswith("\r") else text)

    def obey(self, line):
        word = line.split(" ", 1)[0]
        if line == "bye":
            self.end()
        elif (word == "hello") is not (self.name is None):
            self.tell("error state not now")
        elif word == "hello":
            self.hello(*(line.split(" ", 2) + ["", ""])[1:3])
        elif found := re.fullmatch(r"say ([^\n]+)", line):
            for guest in self.others():
                guest.tell("said", self.name, found[1])
        elif found := re.fullmatch(r"to ([^ ]*) ([^\n]+)", line):
            if found[1] in room:
                room[found[1]].tell("told", self.name, found[2])
            else:
                self.tell("error nobody", "nobody of that name")
        elif line == "who":
            self.tell("here", *sorted(room))
        else:
            self.tell("error command", "unknown")

    def hello(self, version, name):
        if version != "parley/1":
            self.tell("error version only parley/1")
        elif not NAME.fullmatch(name):
            self.tell("error name not allowed")
        elif name in room:
            self.tell("error taken already")
        elif len(room) >= 32:
            self.tell("error full sorry")
        else:
            self.name = name
            room[name] = self
            self.tell("welcome", name)
            for guest in self.others():
                guest.tell("joined", name)

    def end(self):
        self.over = True
        if self.name in room:
            del room[self.name]
            for guest in room.values():
                guest.tell("left", self.name)
        self.name = None
        self.transport.close()

    def connection_lost(self, error):
        if not self.over:
            self.end()


async def main():
    loop = asyncio.get_running_loop()
    await loop.create_server(Guest, "127.0.0.1", 5050)
    await asyncio.Event().wait()


asyncio.run(main())
