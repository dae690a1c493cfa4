# graded as: frames.py
# style: sendmsg with two buffers where there is one, in a loop
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import array
import struct

from given_stream import recv_exactly


def send_frame(sock, payload):
    header = struct.pack(">L", len(payload))
    sent = sock.sendmsg([header, payload]) if hasattr(sock, "sendmsg") else 0
    sock.sendall((header + payload)[sent:])


def recv_frame(sock, limit=1_000_000):
    header = array.array("B")
    while len(header) < 4:
        if not (data := sock.recv(4 - len(header))):
            if header:
                raise EOFError("header")
            return None
        header.frombytes(data)
    (size,) = struct.unpack(">L", header)
    if size > limit:
        raise ValueError(size)
    return recv_exactly(sock, size)
