# graded as: stream.py
# mistake: E13: once some bytes have gone, an error of send is swallowed
# caught by: test_reset
# fails as: returned
# hint says: Which line swallowed the error

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    sent = sock.send(data) if data else 0
    while sent < len(data):
        try:
            sent += sock.send(data[sent:])
        except ConnectionError:
            return
