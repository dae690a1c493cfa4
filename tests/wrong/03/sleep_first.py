# graded as: stream.py
# mistake: A02: after a pause, everything will be there
# caught by: test_pieces
# fails as: wrong

import time


def recv_exactly(sock, n):
    time.sleep(0.2)
    return sock.recv(n)


def send_all(sock, data):
    while data:
        taken = sock.send(data)
        data = data[taken:]
