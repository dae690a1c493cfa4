# graded as: echo_server.py
# style: asyncio streams
import asyncio


async def main():
    over = asyncio.Event()

    async def echo(reader, writer):
        while data := await reader.read(2000):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(echo, "127.0.0.1", 5050)
    await over.wait()
    server.close()


asyncio.run(main())
