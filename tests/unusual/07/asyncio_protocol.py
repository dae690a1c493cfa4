# graded as: threaded_server.py
# style: an asyncio Protocol with call_later
"""Lesson 07: a line server that serves many clients."""

import asyncio
import sys


class Lines(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer, self.number, self.timer = transport, b"", 0, None
        self.wind_up()

    def wind_up(self):
        if self.timer:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(30, self.end, "bye: idle\n")

    def end(self, text):
        self.transport.write(text.encode())
        self.transport.close()

    def data_received(self, data):
        self.wind_up()
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            try:
                if len(line) > 1000:
                    raise ValueError("too long")
                text = line.decode().removesuffix("\r")
            except ValueError as error:
                self.end(f"error: {error}\n")
                return
            self.number += 1
            self.transport.write(f"{self.number} {text.upper()}\n".encode())
        if len(self.buffer) > 1000:
            self.end("error: too long\n")

    def connection_lost(self, error):
        self.timer.cancel()
        if error:
            sys.stderr.write(f"lost: {error!r}\n")


async def main():
    loop = asyncio.get_running_loop()
    await loop.create_server(Lines, "127.0.0.1", 5050)
    await loop.create_future()  # for ever


try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(130)
