# graded as: ticket_office.py
# style: ThreadPoolExecutor, a lock at module level, makefile for both ways
"""Lesson 08: a ticket office: many clients, one table of seats."""

import socket
import traceback
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

SEATS = 10
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALLOWED = LETTERS + LETTERS.upper() + "0123456789_-"
big_lock = Lock()


class Office:
    def __init__(self, seats=SEATS):
        self.seats = dict.fromkeys(range(1, seats + 1))

    def _first(self, owner):
        return next((seat for seat in self.seats if self.seats[seat] == owner), None)

    def buy(self, name):
        with big_lock:
            seat = self._first(None)
            if seat:
                self.seats[seat] = name
            return seat

    def cancel(self, name):
        with big_lock:
            if not (seat := self._first(name)):
                return False
            self.seats[seat] = None
        return True

    def free(self):
        with big_lock:
            return list(self.seats.values()).count(None)


def reply(office, line):
    command, _, name = line.partition(" ")
    if line == "seats":
        return f"free {office.free()}"
    if command not in {"buy", "cancel"}:
        return "error: unknown command"
    if not 0 < len(name) < 17 or any(c not in ALLOWED for c in name):
        return "error: bad name"
    if command == "cancel":
        return "ok" if office.cancel(name) else "unknown"
    seat = office.buy(name)
    if seat is None:
        return "full"
    return f"sold {seat}"


def serve(office, connection):
    try:
        with connection, connection.makefile("rwb", buffering=0) as stream:
            while data := stream.readline(1001):
                if not data.endswith(b"\n"):
                    if len(data) > 1000:
                        stream.write(b"error: too long\n")
                    break
                try:
                    line = data.decode("utf-8")[:-1].removesuffix("\r")
                except UnicodeDecodeError as error:
                    stream.write(b"error: " + str(error).encode() + b"\n")
                    break
                stream.write(f"{reply(office, line)}\n".encode())
    except OSError:
        traceback.print_exc()


def main():
    office = Office()
    pool = ThreadPoolExecutor(max_workers=64)
    with socket.create_server(("", 5050)) as listening:
        while True:
            pool.submit(serve, office, listening.accept()[0])


if __name__ == "__main__":
    main()
