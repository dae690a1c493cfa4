# graded as: ticket_office.py
# style: socketserver, an office at module level, match, a regular expression
"""Lesson 08: a ticket office: many clients, one table of seats."""

import re
import socketserver
import threading

SEATS = 10
NAME = re.compile(r"[A-Za-z0-9_-]{1,16}")


class Office:
    def __init__(self, seats=SEATS):
        self._lock = threading.Lock()
        self._seats = [""] * seats

    def _swap(self, old, new):
        with self._lock:
            try:
                at = self._seats.index(old)
            except ValueError:
                return None
            self._seats[at] = new
        return at + 1

    def buy(self, name):
        return self._swap("", name)

    def cancel(self, name):
        return bool(self._swap(name, ""))

    def free(self):
        return len([1 for seat in tuple(self._seats) if not seat])


OFFICE = Office()


class Counter(socketserver.StreamRequestHandler):
    def handle(self):
        while (line := self.rfile.readline(1001)).endswith(b"\n"):
            try:
                words = str(line, "utf-8").rstrip("\r\n").split(" ")
            except UnicodeDecodeError:
                break
            self.wfile.write(f"{self.reply(words)}\n".encode())
        if len(line) > 1000 or line.endswith(b"\n"):
            self.wfile.write(b"error: this line is not allowed\n")

    def reply(self, words):
        match words:
            case ["seats"]:
                return f"free {OFFICE.free()}"
            case ["buy", name] if NAME.fullmatch(name):
                return f"sold {seat}" if (seat := OFFICE.buy(name)) else "full"
            case ["cancel", name] if NAME.fullmatch(name):
                return ["unknown", "ok"][OFFICE.cancel(name)]
            case _:
                return f"error: what is {words[0]!r}?"


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 50


if __name__ == "__main__":
    Server(("127.0.0.1", 5050), Counter).serve_forever()
