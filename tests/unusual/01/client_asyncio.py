# graded as: echo_client.py
# style: asyncio, the keyboard in a thread of its own
import asyncio
import sys


async def main():
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", 5050)
    except OSError:
        sys.exit("Nobody is at home.")
    while line := (await asyncio.to_thread(sys.stdin.readline)).rstrip("\n"):
        try:
            writer.write(line.encode("utf-8") + b"\n")
            await writer.drain()
            back = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            sys.exit(f"The server has left after {error.partial!r}.")
        except ConnectionError as error:
            sys.exit(f"The server has left: {error}.")
        print(back.decode().strip("\n"))
    writer.close()
    await writer.wait_closed()


asyncio.run(main())
