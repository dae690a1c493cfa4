# graded as: socket_client.py
# style: asyncio streams; asyncio.to_thread(input); exit through SystemExit
"""A chat client with asyncio."""

import asyncio


async def main() -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", 5000)
    except OSError as error:
        raise SystemExit(f"nobody there: {error}") from None
    try:
        while True:
            line = await asyncio.to_thread(input, " -> ")
            if not line:
                continue
            if line.strip().lower() == "bye":
                break
            writer.write(line.encode())
            await writer.drain()
            data = await reader.read(1024)
            if not data:
                print("the server has left")
                break
            print("server:", data.decode())
        writer.close()
        await writer.wait_closed()
    except ConnectionError as error:
        print("the server is lost:", error)


if __name__ == "__main__":
    asyncio.run(main())
