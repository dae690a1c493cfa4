# graded as: stream.py
# mistake: A17: a fixed number of rounds, mostly enough
# caught by: test_much_data
# fails as: still
# hint says: a number in your code

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    sent = 0
    for _ in range(100):
        if sent == len(data):
            return
        sent += sock.send(data[sent:])
