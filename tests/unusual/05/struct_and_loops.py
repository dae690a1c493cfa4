# graded as: frames.py
# style: struct, one loop for receiving, a loop around send
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import struct

HEADER = struct.Struct(">I")


def send_frame(sock, payload):
    data = memoryview(HEADER.pack(len(payload)) + payload)
    while data:
        data = data[sock.send(data) :]


def recv_frame(sock, limit=1_000_000):
    header = receive(sock, HEADER.size)
    if not header:
        return None
    if len(header) < HEADER.size:
        raise EOFError("end in the header")
    (size,) = HEADER.unpack(header)
    if size > limit:
        raise ValueError(size)
    payload = receive(sock, size)
    if len(payload) < size:
        raise EOFError("end in the payload")
    return payload


def receive(sock, size):
    """As many bytes as asked for; fewer only when the stream ends."""
    parts = []
    while size and (part := sock.recv(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
