# graded as: stream.py
# mistake: E13: an error of send is swallowed
# caught by: test_reset
# fails as: returned

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    try:
        while data:
            data = data[sock.send(data) :]
    except OSError:
        pass
