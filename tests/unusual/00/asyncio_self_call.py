# graded as: hello.py
# style: asyncio streams for the call to oneself, classes
"""A class for the greeting, asyncio for the call to oneself."""

import asyncio
import sys


class Greeter:
    def __init__(self, word="Hello", end="!"):
        self.word = word
        self.end = end

    def __call__(self, name):
        return f"{self.word}, {name}{self.end}"


greeting = Greeter()


def to_bytes(text):
    return bytes(memoryview(text.encode("UTF8")))


def to_text(data):
    text = data.decode("utf8", "replace")
    return text if text.encode("utf8") == data else "(not text)"


def send_greeting(sock, name):
    for part in (to_bytes(greeting(name)), b"", b"\n"):
        sock.sendall(part)


async def check_this_machine():
    async def answer(reader, writer):
        writer.write(await reader.read(100))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 5050)
    reader, writer = await asyncio.open_connection("127.0.0.1", 5050)
    writer.write(b"who is there?")
    assert await reader.readexactly(13) == b"who is there?"
    writer.close()
    server.close()


if __name__ == "__main__":
    print("Python " + sys.version.partition(" ")[0])
    asyncio.run(check_this_machine())
    print("Loopback works")
