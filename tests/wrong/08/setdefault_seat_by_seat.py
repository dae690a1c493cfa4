# graded as: ticket_office.py
# mistake: E09: each seat is taken in one step, but nobody looks at the whole table in one
# caught by: test_every_pair
# fails as: race
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
    """seat -> ticket. A ticket is a list with the name; who empties it gives it back."""

    def __init__(self, seats: int = SEATS) -> None:
        self.seats = seats
        self.tickets: dict[int, list[str]] = {}

    def buy(self, name: str) -> int | None:
        ticket = [name]
        for seat in range(1, self.seats + 1):
            if self.tickets.setdefault(seat, ticket) is ticket:
                return seat
        return None

    def cancel(self, name: str) -> bool:
        for seat, ticket in sorted(self.tickets.items()):
            if ticket == [name]:
                try:
                    ticket.pop()
                except IndexError:
                    continue  # somebody else was quicker
                del self.tickets[seat]
                return True
        return False

    def free(self) -> int:
        return self.seats - len(self.tickets)


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
