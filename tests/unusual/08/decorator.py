# graded as: ticket_office.py
# style: a decorator that locks, a dataclass, contextlib
"""Lesson 08: a ticket office: many clients, one table of seats, one lock."""

import functools
import socket
import string
import sys
import threading
from dataclasses import dataclass, field

from given_lines import LineReader

HOST = "127.0.0.1"
PORT = 5050
SEATS = 10
NAME_CHARACTERS = set(string.ascii_letters + string.digits + "_-")


def alone(method):
    """One thread at a time in the methods of one object."""

    @functools.wraps(method)
    def locked(self, *args):
        with self.lock:
            return method(self, *args)

    return locked


@dataclass
class Office:
    seats: int = SEATS
    owners: dict[int, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @alone
    def buy(self, name: str) -> int | None:
        seat = next((n for n in range(1, self.seats + 1) if n not in self.owners), None)
        if seat is not None:
            self.owners[seat] = name
        return seat

    @alone
    def cancel(self, name: str) -> bool:
        mine = [seat for seat, owner in self.owners.items() if owner == name]
        return bool(mine) and self.owners.pop(min(mine)) == name

    @alone
    def free(self) -> int:
        return self.seats - len(self.owners)


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


def answer_lines(connection: socket.socket, office: Office) -> None:
    """Answer the commands of one client until it ends or errs."""
    reader = LineReader(connection)
    try:
        while (line := reader.read_line()) is not None:
            reply = answer(office, line)
            connection.sendall(f"{reply}\n".encode())  # no lock is held here
    except EOFError:
        pass  # an unfinished line is no command
    except ValueError as error:
        connection.sendall(f"error: {error}\n".encode())


def serve(connection: socket.socket, office: Office) -> None:
    """All about one client, in its own thread."""
    with connection:
        try:
            answer_lines(connection, office)
        except OSError as error:
            print("A client broke off:", error, file=sys.stderr)


def main() -> None:
    office = Office()  # one for all clients
    listening = socket.create_server((HOST, PORT))
    print(f"The ticket office is open at {HOST}, port {PORT}.")
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=serve, args=(connection, office), daemon=True).start()


if __name__ == "__main__":
    main()
