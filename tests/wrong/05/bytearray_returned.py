# graded as: frames.py
# mistake: the payload comes back as a bytearray, and the contract says bytes
# caught by: test_any_payload
# fails as: bytearray
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket

from given_stream import send_all


def send_frame(sock: socket.socket, payload: bytes) -> None:
    """Send one frame with this payload."""
    header = len(payload).to_bytes(4, "big")
    send_all(sock, header + payload)


def recv_frame(sock: socket.socket, limit: int = 1_000_000) -> bytearray | None:
    """Return the payload of the next frame, or None when no further frame comes."""
    header = receive(sock, 4)
    if not header:
        return None
    if len(header) < 4:
        raise EOFError("the end inside a header")
    size = int.from_bytes(header, "big")
    if size > limit:
        raise ValueError(f"a frame of {size} bytes; at most {limit} are allowed")
    payload = receive(sock, size)
    if len(payload) < size:
        raise EOFError("the end inside a payload")
    return payload


def receive(sock: socket.socket, n: int) -> bytearray:
    """The next n bytes, fewer if the stream ends."""
    data = bytearray()
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            break
        data += piece
    return data
