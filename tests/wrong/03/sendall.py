# graded as: stream.py
# mistake: A17: sendall does the work
# caught by: test_short_sends
# fails as: helped

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    sock.sendall(data)
