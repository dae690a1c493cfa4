# graded as: stream.py
# mistake: C02: asks the socket before asking whether it must
# caught by: test_no_bytes
# fails as: crashed

def recv_exactly(sock, n):
    data = b""
    while True:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += piece
        if len(data) == n:
            return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
