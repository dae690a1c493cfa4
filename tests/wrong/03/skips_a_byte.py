# graded as: stream.py
# mistake: A17: forgets that the rest begins at data[taken]
# caught by: test_short_sends
# fails as: still

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    start = 0
    while start < len(data):
        start = start + sock.send(data[start:]) + 1
