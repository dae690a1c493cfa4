# graded as: socket_client.py
# style: asyncio.Protocol and futures; the client notices the end while it types
"""A chat client as an asyncio Protocol.  It ends as soon as the server ends."""

import asyncio
import os
import sys


class Chat(asyncio.Protocol):
    def __init__(self) -> None:
        self.reply: asyncio.Queue[bytes] = asyncio.Queue()
        self.said_bye = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.reply.put_nowait(data)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.said_bye:
            print("\nThe server has gone.", error or "", flush=True)
            os._exit(0)  # a thread may still wait for the keyboard


async def main() -> None:
    loop = asyncio.get_running_loop()
    try:
        transport, chat = await loop.create_connection(Chat, "127.0.0.1", 5000)
    except OSError as error:
        print("No connection:", error, file=sys.stderr)
        sys.exit(1)
    while True:
        line = await loop.run_in_executor(None, input, " -> ")
        if line.strip().lower() == "bye":
            break
        if line:
            transport.write(line.encode())
            print("reply:", (await chat.reply.get()).decode())
    chat.said_bye = True
    transport.close()


asyncio.run(main())
