# graded as: frames.py
# mistake: C02: the end inside a frame is another error than the contract names
# caught by: test_ends
# fails as: other
# hint says: not the one that the contract names
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
    first = sock.recv(1)  # alone, because only here the end is no mistake
    if first == b"":
        return None
    try:
        header = first + recv_exactly(sock, 3)
    except EOFError as error:
        raise ValueError(str(error)) from None
    size = int.from_bytes(header, "big")
    if size > limit:  # before a single byte of the payload is taken
        raise ValueError(f"a frame of {size} bytes; at most {limit} are allowed")
    return recv_exactly(sock, size)
