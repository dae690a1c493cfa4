# graded as: frames.py
# mistake: F06: another limit than the contract names, if none is given
# caught by: test_long_frames
# fails as: crashed
# hint says: which limit holds if none is given
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket

from given_stream import recv_exactly, send_all


def send_frame(sock: socket.socket, payload: bytes) -> None:
    """Send one frame with this payload."""
    header = len(payload).to_bytes(4, "big")
    send_all(sock, header + payload)


def recv_frame(sock: socket.socket, limit: int = 1_000) -> bytes | None:
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
