# graded as: stream.py
# mistake: A17: a file of makefile() sends it all
# caught by: test_short_sends
# fails as: no_send
# hint says: Which call does the contract name

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    with sock.makefile("wb") as file:
        file.write(data)
