# graded as: stream.py
# mistake: E13: a reset is swallowed
# caught by: test_reset
# fails as: other

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        try:
            piece = sock.recv(n - len(data))
        except OSError:
            piece = b""
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
