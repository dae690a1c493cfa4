# graded as: ticket_office.py
# mistake: free() has no self
# caught by: test_office
# fails as: crashed
# hint says: self comes first
"""Lesson 08: a ticket office: many clients, one table of seats, one lock."""

import socket
import string
import sys
import threading

from given_lines import LineReader

HOST = "127.0.0.1"
PORT = 5050
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

    def free() -> int:
        """Return the number of free seats."""
        return SEATS


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
