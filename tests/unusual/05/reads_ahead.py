# graded as: frames.py
# style: reads ahead, and remembers the rest for each socket
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

from weakref import WeakKeyDictionary

_rest = WeakKeyDictionary()  # socket: what was received and not yet used


def send_frame(sock, payload):
    sock.sendall(len(payload).to_bytes(4, "big") + payload)


def recv_frame(sock, limit=1_000_000):
    buffer = _rest.setdefault(sock, bytearray())
    if not _fill(sock, buffer, 4):
        return None
    size = int.from_bytes(buffer[:4], "big")
    if size > limit:
        raise ValueError("too long")
    _fill(sock, buffer, 4 + size)
    payload = bytes(buffer[4 : 4 + size])
    del buffer[: 4 + size]
    return payload


def _fill(sock, buffer, size):
    while len(buffer) < size:
        data = sock.recv(4096)
        if not data:
            if buffer:
                raise EOFError(f"{len(buffer)} of {size} bytes")
            return False
        buffer += data
    return True
