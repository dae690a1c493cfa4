# graded as: line_server.py
# style: asyncio streams, readuntil with a limit

import asyncio


async def serve(reader, writer):
    number = 0
    try:
        while True:
            line = await reader.readuntil(b"\n")
            number += 1
            text = line[:-1].removesuffix(b"\r").decode()
            writer.write(f"{number} {text.upper()}\n".encode())
            await writer.drain()
    except asyncio.IncompleteReadError:
        print("a client has left")
    except asyncio.LimitOverrunError:
        writer.write(b"error: this line is too long\n")
    except UnicodeDecodeError:
        writer.write("error: kein UTF-8 ☹\n".encode())
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 5050, limit=1000)
    async with server:
        await server.serve_forever()


asyncio.run(main())
