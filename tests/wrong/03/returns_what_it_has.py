# graded as: stream.py
# mistake: C02: the early end is not told to the caller
# caught by: test_early_end
# fails as: returned

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            break
        data += piece
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
