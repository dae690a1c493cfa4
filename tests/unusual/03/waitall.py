# graded as: stream.py
# style: MSG_WAITALL, which may still return early

import socket


def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data), socket.MSG_WAITALL)
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    total = 0
    while total < len(data):
        total += sock.send(data[total:])
