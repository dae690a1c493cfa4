# graded as: steady_server.py
# style: an asyncio Protocol with call_later
"""Lesson 06: a line server that stays, whatever its clients do."""

import asyncio


class Lines(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""
        self.number = 0
        self.timer = None
        self.wind_up()

    def wind_up(self):
        if self.timer:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(30, self.idle)

    def idle(self):
        self.transport.write(b"bye: idle\n")
        self.transport.close()

    def data_received(self, data):
        self.wind_up()
        self.buffer += data
        while b"\n" in self.buffer:
            line, _, self.buffer = self.buffer.partition(b"\n")
            if len(line) > 1000 or not self.answer(line):
                self.refuse()
                return
        if len(self.buffer) > 1000:
            self.refuse()

    def answer(self, line):
        try:
            text = line.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            return False
        self.number += 1
        self.transport.write(f"{self.number} {text.upper()}\n".encode())
        return True

    def refuse(self):
        self.transport.write(b"error: this line is not allowed\n")
        self.transport.close()

    def connection_lost(self, error):
        self.timer.cancel()


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Lines, "127.0.0.1", 5050)
    async with server:
        await server.serve_forever()


asyncio.run(main())
