# graded as: chat_client.py
# style: asyncio, input() in an executor
"""Lesson 09: a client for the chat room with asyncio."""

import asyncio
import sys


async def keyboard():
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, sys.stdin.readline)


async def listen(reader):
    try:
        while line := await reader.readline():
            print(line.decode(), end="")
    except ConnectionError as error:
        print(error)
    print("--- the room is closed; press Enter ---")


async def talk(reader, writer):
    while True:
        print("name? ", end="", flush=True)
        name = await keyboard()
        if name in ("", "/quit\n"):
            writer.write(b"bye\n")
            return
        writer.write(f"hello parley/1 {name.rstrip()}\n".encode())
        answer = "?"
        while answer and not answer.startswith(("welcome", "error")):
            answer = (await reader.readline()).decode()
            print(answer, end="")
        if answer.startswith("welcome"):
            break
        if not answer:
            print("--- the room is closed ---")
            return
    listening = asyncio.create_task(listen(reader))
    while (line := (await keyboard())) and not listening.done():
        line = line.rstrip("\n")
        match line.split(" ", 1):
            case ["/quit"]:
                break
            case ["/who"]:
                writer.write(b"who\n")
            case ["/to", rest]:
                writer.write(f"to {rest}\n".encode())
            case [""]:
                pass
            case [word, *_] if word.startswith("/"):
                print("no such command")
            case _:
                writer.write(f"say {line}\n".encode())
    if not listening.done():
        writer.write(b"bye\n")
        listening.cancel()


async def main():
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", 5050)
    except OSError as error:
        sys.exit(f"no room: {error}")
    try:
        await talk(reader, writer)
        writer.close()
        await writer.wait_closed()
    except ConnectionError as error:
        print(error)


asyncio.run(main())
