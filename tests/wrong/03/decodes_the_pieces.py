# graded as: stream.py
# mistake: A15: decodes pieces that end inside a character
# caught by: test_bytes_asked_for
# fails as: crashed

def recv_exactly(sock, n):
    pieces = []
    missing = n
    while missing > 0:
        piece = sock.recv(missing)
        if not piece:
            raise EOFError(f"{n - missing} of {n} bytes")
        missing -= len(piece)
        pieces.append(piece.decode())
    return "".join(pieces).encode()


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
