# graded as: socket_server.py
# style: asyncio streams; input() in an executor; StreamReader.read
"""A chat server with asyncio.  The keyboard is read in another thread."""

import asyncio


async def ask() -> str:
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, input, " -> ")
        if line:
            return line


async def chat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    print("Connection from:", writer.get_extra_info("peername"))
    try:
        while data := await reader.read(1024):
            print("in:", data.decode())
            line = await ask()
            if line.strip().lower() == "bye":
                break
            writer.write(line.encode())
            await writer.drain()
        else:
            print("the client has left")
        writer.close()
        await writer.wait_closed()
    except ConnectionError as error:
        print("the client is lost:", error)


async def main() -> None:
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await chat(reader, writer)
        over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 5000)
    await over.wait()
    server.close()


asyncio.run(main())
