# graded as: frames.py
# style: MSG_WAITALL, htonl and ntohl
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""

import socket
import sys


def send_frame(sock, payload):
    header = socket.htonl(len(payload)).to_bytes(4, sys.byteorder)
    sock.sendall(b"".join((header, payload)))


def recv_frame(sock, limit=1_000_000):
    header = sock.recv(4, socket.MSG_WAITALL)
    if header == b"":
        return None
    if len(header) != 4:
        raise EOFError("header")
    size = socket.ntohl(int.from_bytes(header, sys.byteorder))
    if size > limit:
        raise ValueError("too long")
    if size == 0:
        return b""
    payload = sock.recv(size, socket.MSG_WAITALL)
    if len(payload) != size:
        raise EOFError("payload")
    return payload
