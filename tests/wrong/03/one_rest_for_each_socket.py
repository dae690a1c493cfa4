# graded as: stream.py
# mistake: A04: reads ahead, and keeps one rest for each socket
# caught by: test_what_follows
# fails as: kept
# hint says: Who has the bytes that follow now

rests = {}


def recv_exactly(sock, n):
    data = rests.pop(sock, b"")
    while len(data) < n:
        piece = sock.recv(4096)
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += piece
    rests[sock] = data[n:]
    return data[:n]


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
