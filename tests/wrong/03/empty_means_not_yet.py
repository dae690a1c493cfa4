# graded as: stream.py
# mistake: C01: b"" taken for "nothing yet"
# caught by: test_early_end
# fails as: running

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        data += sock.recv(n - len(data))
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
