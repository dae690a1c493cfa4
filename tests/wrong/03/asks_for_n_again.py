# graded as: stream.py
# mistake: A10: asks for n again, not for what is missing
# caught by: test_what_follows
# fails as: wrong
# hint says: how many did it ask for

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n)
        if not piece:
            raise EOFError(f"only {len(data)} of {n} bytes came")
        data = data + piece
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
