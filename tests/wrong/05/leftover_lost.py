# graded as: frames.py
# mistake: A04: reads ahead, and throws away what belongs to the next frame
# caught by: test_every_cut
# fails as: still
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
    buffer = b""
    while len(buffer) < 4:
        if (data := sock.recv(4096)) == b"":
            if buffer:
                raise EOFError("the stream ended inside a header")
            return None
        buffer += data
    size = int.from_bytes(buffer[:4], "big")
    if size > limit:
        raise ValueError(f"a frame of {size} bytes; at most {limit} are allowed")
    while len(buffer) < 4 + size:
        if (data := sock.recv(4096)) == b"":
            raise EOFError("the stream ended inside a payload")
        buffer += data
    return buffer[4 : 4 + size]
