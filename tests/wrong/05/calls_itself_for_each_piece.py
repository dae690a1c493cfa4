# graded as: frames.py
# mistake: the function calls itself for the next piece, so a frame has a thousand of them at most
# caught by: test_long_frames
# fails as: crashed
# hint says: Which function calls itself
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket

from given_stream import send_all


def recv_exactly(sock: socket.socket, n: int) -> bytes:
    """Return the next n bytes: the next piece, and then what is missing."""
    if n == 0:
        return b""
    piece = sock.recv(n)
    if not piece:
        raise EOFError(f"the stream ended, and {n} bytes are missing")
    return piece + recv_exactly(sock, n - len(piece))


def send_frame(sock: socket.socket, payload: bytes) -> None:
    """Send one frame with this payload."""
    header = len(payload).to_bytes(4, "big")
    send_all(sock, header + payload)


def recv_frame(sock: socket.socket, limit: int = 1_000_000) -> bytes | None:
    """Return the payload of the next frame, or None when no further frame comes.

    EOFError: the stream ended inside a frame. ValueError: the frame is too long.
    """
    first = sock.recv(1)  # alone, because only here the end is no mistake
    if first == b"":
        return None
    header = first + recv_exactly(sock, 3)
    size = int.from_bytes(header, "big")
    if size > limit:  # before a single byte of the payload is taken
        raise ValueError(f"a frame of {size} bytes; at most {limit} are allowed")
    return recv_exactly(sock, size)
