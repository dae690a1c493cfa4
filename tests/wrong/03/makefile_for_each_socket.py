# graded as: stream.py
# mistake: A04: a buffered file for each socket reads ahead and is kept
# caught by: test_what_follows
# fails as: kept
# hint says: Who has the bytes that follow now

files = {}


def recv_exactly(sock, n):
    if sock not in files:
        files[sock] = sock.makefile("rb")
    data = files[sock].read(n)
    if len(data) < n:
        raise EOFError(f"{len(data)} of {n} bytes")
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
