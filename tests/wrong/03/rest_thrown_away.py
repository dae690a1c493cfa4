# graded as: stream.py
# mistake: A04: what has come too much is thrown away
# caught by: test_what_follows
# fails as: still

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(4096)
        if not piece:
            raise EOFError(f"only {len(data)} of {n} bytes came")
        data += piece
    return data[:n]


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
