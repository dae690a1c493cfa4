# graded as: ticket_office.py
# style: selectors: one thread serves all, non-blocking
"""Lesson 08: a ticket office: many clients, one table of seats."""

import selectors
import socket
import string
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


class Client:
    def __init__(self, sock):
        self.sock, self.inbox, self.outbox, self.last = sock, b"", b"", False
        sock.setblocking(False)

    def events(self):
        reading = 0 if self.last else selectors.EVENT_READ
        return reading | (selectors.EVENT_WRITE if self.outbox else 0)

    def read(self, office):
        data = self.sock.recv(4096)
        self.last = not data
        *lines, self.inbox = (self.inbox + data).split(b"\n")
        for line in lines:
            try:
                if len(line) > 1000:
                    raise ValueError("more than 1000 bytes")
                text = line.removesuffix(b"\r").decode()
            except ValueError as error:
                self.refuse(error)
                return
            self.outbox += answer(office, text).encode() + b"\n"
        if len(self.inbox) > 1000:
            self.refuse("more than 1000 bytes")

    def refuse(self, reason):
        self.outbox += f"error: {reason}\n".encode()
        self.last = True

    def write(self):
        try:
            self.outbox = self.outbox[self.sock.send(self.outbox) :]
        except BlockingIOError:
            pass


def main():
    office = Office()
    selector = selectors.DefaultSelector()
    door = socket.create_server(("127.0.0.1", 5050), backlog=60)
    door.setblocking(False)
    selector.register(door, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            client = key.data
            if client is None:
                connection, _ = door.accept()
                selector.register(connection, selectors.EVENT_READ, Client(connection))
                continue
            try:
                if events & selectors.EVENT_READ:
                    client.read(office)
                if client.outbox:
                    client.write()
                if not client.events():
                    selector.unregister(client.sock)
                    client.sock.close()
                else:
                    selector.modify(client.sock, client.events(), client)
            except OSError as error:
                print("client lost:", error)
                selector.unregister(client.sock)
                client.sock.close()


if __name__ == "__main__":
    main()
