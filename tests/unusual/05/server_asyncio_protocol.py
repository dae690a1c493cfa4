# graded as: frame_server.py
# style: an asyncio Protocol with a buffer, no frames.py at all
"""Lesson 05: a server that answers each frame with its payload turned round."""

import asyncio


class Mirror(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.buffer = bytearray()

    def data_received(self, data):
        self.buffer += data
        while len(self.buffer) >= 4:
            size = int.from_bytes(self.buffer[:4], "big")
            if size > 1_000_000:
                self.transport.close()
                return
            if len(self.buffer) < 4 + size:
                return
            payload = self.buffer[4 : 4 + size]
            self.transport.write(self.buffer[:4] + payload[::-1])
            del self.buffer[: 4 + size]


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Mirror, "127.0.0.1", 5050)
    await server.serve_forever()


asyncio.run(main())
