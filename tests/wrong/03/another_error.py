# graded as: stream.py
# mistake: C02: the end of a stream taken for a lost connection
# caught by: test_early_end
# fails as: other
# hint says: not the one that the contract names

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise ConnectionError(f"connection lost after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
