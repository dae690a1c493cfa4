# graded as: frames.py
# mistake: C01: b"" is taken for "nothing yet", so the loop spins
# caught by: test_ends
# fails as: running
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket

from given_stream import send_all


def send_frame(sock: socket.socket, payload: bytes) -> None:
    """Send one frame with this payload."""
    header = len(payload).to_bytes(4, "big")
    send_all(sock, header + payload)


def recv_frame(sock: socket.socket, limit: int = 1_000_000) -> bytes | None:
    """Return the payload of the next frame, or None when no further frame comes.

    EOFError: the stream ended inside a frame. ValueError: the frame is too long.
    """
    header = take(sock, 4)
    size = int.from_bytes(header, "big")
    if size > limit:
        raise ValueError(f"a frame of {size} bytes; at most {limit} are allowed")
    return take(sock, size)


def take(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += sock.recv(size - len(data))
    return data
