# graded as: stream.py
# mistake: A17: one os.write, its result ignored
# caught by: test_short_sends
# fails as: no_send
# hint says: Which call does the contract name

import os


def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    if data:
        os.write(sock.fileno(), data)
