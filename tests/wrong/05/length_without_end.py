# graded as: frames.py
# mistake: A11: digits of any number, glued to the payload
# caught by: test_frame_on_the_wire
# fails as: wrong
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket

from given_stream import recv_exactly, send_all


def send_frame(sock: socket.socket, payload: bytes) -> None:
    """Send one frame with this payload."""
    header = str(len(payload)).encode()
    send_all(sock, header + payload)


def recv_frame(sock: socket.socket, limit: int = 1_000_000) -> bytes | None:
    """Return the payload of the next frame, or None when no further frame comes.

    EOFError: the stream ended inside a frame. ValueError: the frame is too long.
    """
    digits = b""
    while (byte := sock.recv(1)).isdigit():
        digits += byte
    if byte == b"" and digits == b"":
        return None
    size = int(digits)
    if size > limit:
        raise ValueError(f"a frame of {size} bytes; at most {limit} are allowed")
    if size == 0:
        return b""
    return byte + recv_exactly(sock, size - 1)
