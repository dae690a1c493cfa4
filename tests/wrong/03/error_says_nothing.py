# graded as: stream.py
# mistake: C02: nobody can tell a clean end from an early one
# caught by: test_early_end
# fails as: text

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError("connection closed")
        data += piece
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
