# graded as: stream.py
# mistake: A17: sends blocks, but ignores what send says
# caught by: test_short_sends
# fails as: wrong

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    for start in range(0, len(data), 4):
        sock.send(data[start : start + 4])
