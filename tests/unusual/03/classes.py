# graded as: stream.py
# style: a dataclass behind the two functions

from dataclasses import dataclass, field
from socket import socket


class EndOfStream(EOFError):
    """An EOFError with a name of its own."""


@dataclass
class Collector:
    sock: socket
    wanted: int
    parts: list[bytes] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(len(part) for part in self.parts)

    def run(self) -> bytes:
        while self.size < self.wanted:
            self.step()
        return b"".join(self.parts)

    def step(self) -> None:
        self.parts.append(self.sock.recv(self.wanted - self.size))
        if not self.parts[-1]:
            raise EndOfStream(f"{self.size} of {self.wanted} bytes received")


def recv_exactly(sock: socket, n: int) -> bytes:
    return Collector(sock, n).run()


def send_all(sock: socket, data: bytes) -> None:
    while True:
        match sock.send(data) if data else 0:
            case 0:
                return
            case taken:
                data = data[taken:]
