# graded as: stream.py
# mistake: A09: a pause taken for the end
# caught by: test_slow_sender
# fails as: crashed

def recv_exactly(sock, n):
    data = b""
    sock.settimeout(0.1)
    while len(data) < n:
        try:
            piece = sock.recv(n - len(data))
        except TimeoutError:
            piece = b""
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
