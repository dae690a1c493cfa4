# graded as: stream.py
# mistake: B02: str(data) instead of the data
# caught by: test_bytes_asked_for
# fails as: wrong

def recv_exactly(sock, n):
    data = ""
    size = 0
    while size < n:
        piece = sock.recv(n - size)
        if not piece:
            raise EOFError(f"{size} of {n} bytes")
        data += str(piece)[2:-1]
        size += len(piece)
    return data.encode()


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
