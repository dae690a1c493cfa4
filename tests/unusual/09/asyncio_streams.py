# graded as: chat_server.py
# style: asyncio streams, without drain()
"""Lesson 09: a chat room with asyncio."""

import asyncio
import re

members = {}  # name: writer


def tell(writer, line):
    if not writer.is_closing():
        writer.write(f"{line}\n".encode())


def announce(line, sender):
    for name, writer in members.items():
        if name != sender:
            tell(writer, line)


async def read_line(reader):
    """The next line, or None at the end."""
    try:
        data = await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise ValueError("this line is too long") from None
    return data[:-1].removesuffix(b"\r").decode()


def join(writer, version, name):
    if version != "parley/1":
        return "error version I know parley/1"
    if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
        return "error name what a name"
    if name in members:
        return "error taken already here"
    if len(members) >= 32:
        return "error full so many people"
    members[name] = writer
    tell(writer, f"welcome {name}")
    announce(f"joined {name}", name)
    return None


async def serve(reader, writer):
    me = None
    try:
        while (line := await read_line(reader)) not in (None, "bye"):
            match line.split(" ", 2):
                case ["hello", *rest] if me is None:
                    version, name = (rest + ["", ""])[:2]
                    problem = join(writer, version, name)
                    if problem:
                        tell(writer, problem)
                    else:
                        me = name
                case ["hello", *_]:
                    tell(writer, "error state once is enough")
                case _ if me is None:
                    tell(writer, "error state hello first")
                case ["say", *_] if len(line) > 4:
                    announce(f"said {me} {line[4:]}", me)
                case ["to", name, text] if text:
                    if name in members:
                        tell(members[name], f"told {me} {text}")
                    else:
                        tell(writer, "error nobody not here")
                case ["who"]:
                    tell(writer, "here " + " ".join(sorted(members)))
                case _:
                    tell(writer, "error command what?")
    except ValueError as error:
        tell(writer, f"error line {error}")
    except OSError as error:
        print(me, error)
    finally:
        if me is not None:
            del members[me]
            announce(f"left {me}", me)
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 5050, limit=1000)
    async with server:
        await server.serve_forever()


asyncio.run(main())
