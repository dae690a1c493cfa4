# graded as: stream.py
# mistake: reads from whichever socket has something, as a chat server does
# caught by: test_two_sockets
# fails as: wrong
# hint says: bytes or sockets

import select

socks = []


def recv_exactly(sock, n):
    if sock not in socks:
        socks.append(sock)
    data = b""
    while len(data) < n:
        ready, _, _ = select.select(socks, [], [])
        piece = ready[-1].recv(n - len(data))
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
