# graded as: stream.py
# mistake: A10: recv(n) taken for n bytes
# caught by: test_pieces
# fails as: wrong

def recv_exactly(sock, n):
    if n == 0:
        return b""
    data = sock.recv(n)
    if len(data) == 0:
        raise EOFError(f"0 of {n} bytes")
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
