# graded as: stream.py
# mistake: A17: counts what the last send took, not all of them
# caught by: test_short_sends
# fails as: flooded
# hint says: Does it come nearer to its end

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
    while sent < len(data):
        sent = sock.send(data[sent:])
