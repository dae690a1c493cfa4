# graded as: stream.py
# mistake: A04: one global rest for all sockets
# caught by: test_what_follows
# fails as: kept

rest = b""


def recv_exactly(sock, n):
    global rest
    data, rest = rest, b""
    while len(data) < n:
        piece = sock.recv(1024)
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += piece
    data, rest = data[:n], data[n:]
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
