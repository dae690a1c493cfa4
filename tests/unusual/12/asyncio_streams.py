# graded as: hard_chat_server.py
# style: asyncio: wait_for for every limit of time, a writing task for each guest
"""Lesson 12: a chat room with asyncio."""

import asyncio
import re
import sys
from time import monotonic

members = {}
connected = 0


class Stop(Exception):
    pass


class Guest:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.queue = asyncio.Queue(100)
        self.name = None
        self.buffer = bytearray()
        self.came = self.since = monotonic()
        self.recent = []
        writer.transport.set_write_buffer_limits(0)

    def tell(self, line):
        try:
            self.queue.put_nowait(line)
        except asyncio.QueueFull:
            self.writer.transport.abort()

    async def send(self):
        try:
            while (line := await self.queue.get()) is not None:
                self.writer.write(line.encode() + b"\n")
                await asyncio.wait_for(self.writer.drain(), 10)
        except (OSError, TimeoutError) as error:
            print(self.name, "does not take it:", repr(error), file=sys.stderr)
            self.writer.transport.abort()

    async def lines(self):
        while True:
            line, newline, rest = self.buffer.partition(b"\n")
            if len(line) > 1000:
                raise Stop("line", "too long")
            if newline:
                self.buffer = rest
                self.since = monotonic()
                self.count()
                try:
                    yield line.removesuffix(b"\r").decode()
                except UnicodeDecodeError:
                    raise Stop("line", "no text") from None
                continue
            if self.name is None:
                left = self.came + 10 - monotonic()
            else:
                left = self.since + (10 if self.buffer else 120) - monotonic()
            try:
                data = await asyncio.wait_for(self.reader.read(1000), left)
            except TimeoutError:
                raise Stop("limit", "too late") from None
            if not data:
                return
            if not self.buffer:
                self.since = monotonic()
            self.buffer += data

    def count(self):
        now = monotonic()
        self.recent = [then for then in self.recent if now - then < 1] + [now]
        if len(self.recent) > 40:
            raise Stop("limit", "too fast")

    def announce(self, line):
        for other in list(members.values()):
            if other is not self:
                other.tell(line)

    def take(self, line):
        if self.name is None or re.match("hello( |$)", line):
            return self.hello(line)
        if match := re.fullmatch("say (.+)", line, re.DOTALL):
            self.announce(f"said {self.name} {match[1]}")
            return None
        if match := re.fullmatch("to ([^ ]*) (.+)", line, re.DOTALL):
            if match[1] not in members:
                return "error nobody no"
            members[match[1]].tell(f"told {self.name} {match[2]}")
            return None
        return "here " + " ".join(sorted(members)) if line == "who" else "error command no"

    def hello(self, line):
        word, version, name = (line.split(" ", 2) + ["", ""])[:3]
        if word != "hello" or self.name is not None:
            return "error state no"
        if version != "parley/1":
            return "error version no"
        if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
            return "error name no"
        if name in members:
            return "error taken no"
        if len(members) >= 32:
            return "error full no"
        self.name = name
        members[name] = self
        self.announce(f"joined {name}")
        return f"welcome {name}"


async def serve(reader, writer):
    global connected
    if connected >= 40:
        print("one too many", file=sys.stderr)
        writer.write(b"error limit full house\n")
        writer.close()
        return
    connected += 1
    guest = Guest(reader, writer)
    sending = asyncio.create_task(guest.send())
    last_words = None
    try:
        async for line in guest.lines():
            if line == "bye":
                break
            if (answer := guest.take(line)) is not None:
                guest.tell(answer)
    except Stop as stop:
        last_words = "error {} {}".format(*stop.args)
        print(last_words, file=sys.stderr)
    except OSError as error:
        print(error, file=sys.stderr)
    finally:
        if guest.name is not None:
            del members[guest.name]
            guest.announce(f"left {guest.name}")
        if last_words:
            guest.tell(last_words)
        try:
            async with asyncio.timeout(10):
                await guest.queue.put(None)
                await sending
        except TimeoutError:
            writer.transport.abort()
        writer.close()
        connected -= 1


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 5050, limit=2000)
    async with server:
        await server.serve_forever()


asyncio.run(main())
