# graded as: stream.py
# mistake: A02: a bigger number will bring everything
# caught by: test_pieces
# fails as: wrong

def recv_exactly(sock, n):
    data = sock.recv(999_999)
    return data[:n]


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
