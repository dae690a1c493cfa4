# graded as: frames.py
# style: makefile without a buffer, for reading and for writing
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import struct


def send_frame(sock, payload):
    with sock.makefile("wb") as file:
        file.write(struct.pack("!L", len(payload)))
        file.write(payload)


def recv_frame(sock, limit=1_000_000):
    with sock.makefile("rb", buffering=0) as file:

        def take(n):
            data = b""
            while len(data) < n:
                piece = file.read(n - len(data))
                if not piece:
                    break
                data += piece
            return data

        header = take(4)
        if not header:
            return None
        if len(header) < 4:
            raise EOFError("header")
        size = struct.unpack("!L", header)[0]
        if size > limit:
            raise ValueError("too long")
        payload = take(size)
        if len(payload) < size:
            raise EOFError("payload")
        return payload
