# graded as: stream.py
# style: makefile without a buffer

def recv_exactly(sock, n):
    with sock.makefile("rb", buffering=0) as file:
        data = bytearray()
        while len(data) < n:
            piece = file.read(n - len(data))
            if not piece:
                raise EOFError(f"{len(data)} of {n}")
            data.extend(piece)
    return bytes(data)


def send_all(sock, data):
    while data:
        data = data[sock.send(data) :]
