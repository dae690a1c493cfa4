# graded as: steady_server.py
# style: asyncio streams with wait_for, several clients at once
"""Lesson 06: a line server that stays, whatever its clients do."""

import asyncio


async def serve(reader, writer):
    number = 0
    try:
        while True:
            data = await asyncio.wait_for(reader.readuntil(b"\n"), 30)
            if len(data) > 1001:
                raise ValueError("too long")
            number += 1
            line = data.decode().rstrip("\r\n")
            writer.write(f"{number} {line.upper()}\n".encode())
            await writer.drain()
    except asyncio.IncompleteReadError:
        pass
    except asyncio.LimitOverrunError:
        writer.write(b"error: much too long\n")
    except ValueError as error:
        writer.write(f"error: {error}\n".encode())
    except TimeoutError:
        writer.write(b"bye: idle\n")
    except OSError:
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 5050)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
