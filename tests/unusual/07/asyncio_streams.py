# graded as: threaded_server.py
# style: asyncio streams: no thread at all, tasks
"""Lesson 07: a line server that serves many clients."""

import asyncio
import sys


async def serve(reader, writer):
    number = 0
    try:
        while True:
            data = await asyncio.wait_for(reader.readuntil(b"\n"), 30)
            if len(data) > 1001:
                raise ValueError("too long")
            number += 1
            text = data[:-1].removesuffix(b"\r").decode()
            writer.write(f"{number} {text.upper()}\n".encode())
            await writer.drain()
    except asyncio.IncompleteReadError:
        pass
    except asyncio.LimitOverrunError:
        writer.write(b"error: much too long\n")
    except ValueError as error:
        writer.write(f"error: {error}\n".encode())
    except TimeoutError:
        writer.write(b"bye: idle\n")
    except OSError as error:
        print(writer.get_extra_info("peername"), error, file=sys.stderr)
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 5050, backlog=100)
    print("open:", server.sockets[0].getsockname())
    await asyncio.Event().wait()  # serve_forever() would wait for the clients at Ctrl-C


if __name__ == "__main__":
    asyncio.run(main())
