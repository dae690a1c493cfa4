# graded as: stream.py
# mistake: C02: the error counts what is missing, not what came
# caught by: test_early_end
# fails as: text

def recv_exactly(sock, n):
    data = b""
    while n > 0:
        piece = sock.recv(n)
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes came")
        data += piece
        n -= len(piece)
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
