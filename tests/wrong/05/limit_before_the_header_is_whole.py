# graded as: frames.py
# mistake: F06: the limit is compared with what the first piece of the header says
# caught by: test_limit
# fails as: still
# hint says: when and how does it compare it
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket

from given_stream import recv_exactly, send_all


def send_frame(sock: socket.socket, payload: bytes) -> None:
    """Send one frame with this payload."""
    header = len(payload).to_bytes(4, "big")
    send_all(sock, header + payload)


def recv_frame(sock: socket.socket, limit: int = 1_000_000) -> bytes | None:
    """Return the payload of the next frame, or None when no further frame comes.

    EOFError: the stream ended inside a frame. ValueError: the frame is too long.
    """
    header = sock.recv(4)
    if header == b"":
        return None
    if int.from_bytes(header, "big") > limit:
        raise ValueError(f"more than {limit} bytes")
    header += recv_exactly(sock, 4 - len(header))
    size = int.from_bytes(header, "big")
    return recv_exactly(sock, size)
