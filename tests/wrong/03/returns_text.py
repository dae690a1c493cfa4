# graded as: stream.py
# mistake: B01: text where bytes are needed
# caught by: test_bytes_asked_for
# fails as: type

def recv_exactly(sock, n):
    text = ""
    while len(text) < n:
        piece = sock.recv(n - len(text))
        if not piece:
            raise EOFError(f"{len(text)} of {n} bytes")
        text += piece.decode()
    return text


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
