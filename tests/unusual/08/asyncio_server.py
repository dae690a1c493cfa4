# graded as: ticket_office.py
# style: asyncio: the server has one thread, the office has its lock all the same
"""Lesson 08: a ticket office: many clients, one table of seats."""

import asyncio
import string
import sys
import threading

SEATS = 10
NAME_CHARACTERS = set(string.ascii_letters + string.digits + "_-")


class Office:
    """The seats and their owners. Many threads may call its methods at once."""

    def __init__(self, seats: int = SEATS) -> None:
        self.owners: list[str | None] = [None] * seats  # owners[0] has seat 1
        self.lock = threading.Lock()  # one lock for one table, made once

    def buy(self, name: str) -> int | None:
        """Sell the lowest free seat and return its number; None if all are sold."""
        with self.lock:  # from the first look to the last write
            if None not in self.owners:
                return None
            index = self.owners.index(None)
            self.owners[index] = name
            return index + 1

    def cancel(self, name: str) -> bool:
        """Take back the lowest seat of this name; False if it has none."""
        with self.lock:
            if name not in self.owners:
                return False
            self.owners[self.owners.index(name)] = None
            return True

    def free(self) -> int:
        """Return the number of free seats."""
        with self.lock:
            return self.owners.count(None)


def is_name(word: str) -> bool:
    return 1 <= len(word) <= 16 and set(word) <= NAME_CHARACTERS


def answer(office: Office, line: str) -> str:
    """Return the answer to one command. The office is asked exactly once."""
    words = line.split()
    if words == ["seats"]:
        return f"free {office.free()}"
    if len(words) != 2 or words[0] not in ("buy", "cancel"):
        return "error: buy NAME, cancel NAME or seats"
    command, name = words
    if not is_name(name):
        return "error: a name has 1 to 16 of A-Z a-z 0-9 _ -"
    if command == "cancel":
        return "ok" if office.cancel(name) else "unknown"
    seat = office.buy(name)
    return "full" if seat is None else f"sold {seat}"


async def serve(office, reader, writer):
    try:
        while True:
            line = await reader.readuntil(b"\n")
            if len(line) > 1001:
                raise ValueError("this line is too long")
            writer.write(answer(office, line.decode().rstrip("\r\n")).encode() + b"\n")
            await writer.drain()
    except asyncio.IncompleteReadError:
        pass
    except (ValueError, asyncio.LimitOverrunError) as error:
        writer.write(f"error: {error}\n".encode())
    except OSError as error:
        print(error, file=sys.stderr)
    finally:
        writer.close()


async def main():
    office = Office()

    async def one(reader, writer):
        await serve(office, reader, writer)

    async with await asyncio.start_server(one, "127.0.0.1", 5050) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
