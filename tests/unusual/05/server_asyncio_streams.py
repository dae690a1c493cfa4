# graded as: frame_server.py
# style: asyncio streams with readexactly, many clients at once
"""Lesson 05: a server that answers each frame with its payload turned round."""

import asyncio
import struct


async def serve(reader, writer):
    try:
        while True:
            (size,) = struct.unpack(">I", await reader.readexactly(4))
            if size > 1_000_000:
                break
            payload = await reader.readexactly(size)
            writer.write(struct.pack(">I", size))
            writer.write(payload[::-1])
            await writer.drain()
    except asyncio.IncompleteReadError:
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 5050)
    async with server:
        await server.serve_forever()


asyncio.run(main())
