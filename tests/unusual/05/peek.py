# graded as: frames.py
# style: MSG_PEEK looks for the end before the header is taken
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket

from given_stream import recv_exactly, send_all


def send_frame(sock, payload):
    send_all(sock, len(payload).to_bytes(4, "big"))
    send_all(sock, payload)


def recv_frame(sock, limit=1_000_000):
    if not sock.recv(1, socket.MSG_PEEK):
        return None
    size = int.from_bytes(recv_exactly(sock, 4), "big")
    if size > limit:
        raise ValueError("too long")
    return recv_exactly(sock, size)
