# graded as: frames.py
# style: classes, a generator, an exception with a text of its own
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

from dataclasses import dataclass
from itertools import takewhile


@dataclass
class Frame:
    payload: bytes

    def __bytes__(self) -> bytes:
        n = len(self.payload)
        return bytes(n // 256**i % 256 for i in (3, 2, 1, 0)) + self.payload


class Receiver:
    def __init__(self, sock) -> None:
        self.sock = sock

    def pieces(self, n):
        while n > 0 and (piece := self.sock.recv(min(n, 512))):
            yield piece
            n -= len(piece)

    def take(self, n) -> bytes:
        data = b"".join(takewhile(len, self.pieces(n)))
        if len(data) < n:
            raise EOFError(len(data), n)
        return data


def send_frame(sock, payload):
    sock.sendall(bytes(Frame(payload)))


def recv_frame(sock, limit=10**6):
    receiver = Receiver(sock)
    try:
        header = receiver.take(4)
    except EOFError as end:
        if end.args[0] == 0:
            return None
        raise
    size = sum(byte * 256 ** (3 - i) for i, byte in enumerate(header))
    if size > limit:
        raise ValueError(f"the header says {size}")
    return receiver.take(size)
