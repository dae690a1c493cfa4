# graded as: frames.py
# style: recv_into with a memoryview; returns a bytearray's bytes
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket


def send_frame(sock: socket.socket, payload: bytes) -> None:
    for part in (len(payload).to_bytes(4), payload):  # 3.11: big-endian by default
        sock.sendall(part)


def recv_frame(sock: socket.socket, limit: int = 1_000_000) -> bytes | None:
    header = bytearray(4)
    got = fill(sock, header)
    if got == 0:
        return None
    if got < 4:
        raise EOFError
    size = int.from_bytes(header)
    if size > limit:
        raise ValueError(f"{size} > {limit}")
    payload = bytearray(size)
    if fill(sock, payload) < size:
        raise EOFError
    return bytes(payload)


def fill(sock: socket.socket, buffer: bytearray) -> int:
    view = memoryview(buffer)
    done = 0
    while done < len(buffer):
        n = sock.recv_into(view[done:])
        if n == 0:
            break
        done += n
    return done
