# graded as: stream.py
# mistake: A04: a buffered file reads ahead and is dropped
# caught by: test_what_follows
# fails as: still

def recv_exactly(sock, n):
    with sock.makefile("rb") as file:
        data = file.read(n)
    if len(data) < n:
        raise EOFError(f"{len(data)} of {n} bytes")
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
