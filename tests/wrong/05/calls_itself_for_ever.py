# graded as: frames.py
# mistake: C01: the function calls itself for the next piece, also after the end
# caught by: test_ends
# fails as: crashed
# hint says: Which function calls itself
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket

from given_stream import send_all


def recv_exactly(sock: socket.socket, n: int, data: bytes = b"") -> bytes:
    """Return the next n bytes."""
    if len(data) == n:
        return data
    return recv_exactly(sock, n, data + sock.recv(n - len(data)))


def send_frame(sock: socket.socket, payload: bytes) -> None:
    """Send one frame with this payload."""
    header = len(payload).to_bytes(4, "big")
    send_all(sock, header + payload)


def recv_frame(sock: socket.socket, limit: int = 1_000_000) -> bytes | None:
    """Return the payload of the next frame, or None when no further frame comes.

    EOFError: the stream ended inside a frame. ValueError: the frame is too long.
    """
    header = recv_exactly(sock, 4)
    size = int.from_bytes(header, "big")
    if size > limit:  # before a single byte of the payload is taken
        raise ValueError(f"a frame of {size} bytes; at most {limit} are allowed")
    return recv_exactly(sock, size)
