# graded as: stream.py
# style: a timeout on the socket, and another try after each

def recv_exactly(sock, n):
    before = sock.gettimeout()
    sock.settimeout(0.5)
    data = b""
    try:
        while len(data) != n:
            try:
                piece = sock.recv(n - len(data))
            except TimeoutError:
                continue
            if len(piece) == 0:
                raise EOFError(f"after {len(data)} of {n} bytes the stream was over")
            data = data + piece
        return data
    finally:
        sock.settimeout(before)


def send_all(sock, data):
    start = 0
    while start != len(data):
        start = start + sock.send(data[start:])
