# graded as: stream.py
# style: a generator, join and assignment expressions

def pieces(sock, n):
    missing = n
    while missing and (piece := sock.recv(min(missing, 4096))):
        yield piece
        missing -= len(piece)
    if missing:
        raise EOFError("got", f"{n - missing} of {n}")


def recv_exactly(sock, n):
    return b"".join(pieces(sock, n))


def send_all(sock, data):
    start = 0
    while rest := data[start : start + 500]:
        start += sock.send(rest)
