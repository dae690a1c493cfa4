# graded as: stream.py
# mistake: A17: a full socket is taken for the end of the work
# caught by: test_slow_sender
# fails as: gave_up
# hint says: some bytes had not been sent

def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if piece == b"":
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    sock.setblocking(False)
    try:
        while data:
            taken = sock.send(data)
            data = data[taken:]
    except BlockingIOError:
        pass
    finally:
        sock.setblocking(True)
