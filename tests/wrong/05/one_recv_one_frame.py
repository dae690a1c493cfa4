# graded as: frames.py
# mistake: A03: one recv is taken for one frame
# caught by: test_every_cut
# fails as: value
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
    data = sock.recv(1_000_004)
    if data == b"":
        return None
    size = int.from_bytes(data[:4], "big")
    if size > limit:
        raise ValueError(f"a frame of {size} bytes; at most {limit} are allowed")
    if len(data) < 4:
        raise EOFError("the stream ended inside a header")
    return data[4:]
