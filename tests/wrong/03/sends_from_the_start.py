# graded as: stream.py
# mistake: A17: sends again from the start
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
    taken = 0
    while taken < len(data):
        taken += sock.send(data)
