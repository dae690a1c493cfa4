# graded as: stream.py
# mistake: A09: a reader who pauses is given up
# caught by: test_slow_sender
# fails as: crashed
# hint says: Which line told your function not to wait

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    sock.settimeout(5)
    while data:
        taken = sock.send(data)
        data = data[taken:]
    sock.settimeout(None)
