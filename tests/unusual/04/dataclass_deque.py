# graded as: lines.py
# style: a dataclass with a queue of whole lines, recv_into

from collections import deque
from dataclasses import dataclass, field
from socket import socket


class LineTooLong(ValueError):
    """A line with more bytes than the limit."""


@dataclass
class LineReader:
    sock: socket
    limit: int = 1000
    ready: deque[bytes] = field(default_factory=deque)
    part: bytearray = field(default_factory=bytearray)
    room: memoryview = field(default_factory=lambda: memoryview(bytearray(2048)))

    def read_line(self) -> str | None:
        while not self.ready and len(self.part) <= self.limit:
            size = self.sock.recv_into(self.room)
            if size == 0:
                if self.part:
                    raise EOFError(f"{len(self.part)} bytes without a newline")
                return None
            self.part += self.room[:size]
            *whole, self.part = self.part.split(b"\n")
            self.ready.extend(whole)
        line = self.ready.popleft() if self.ready else self.part
        if len(line) > self.limit:
            raise LineTooLong(f"at least {len(line)} bytes, {self.limit} allowed")
        return line.removesuffix(b"\r").decode()
