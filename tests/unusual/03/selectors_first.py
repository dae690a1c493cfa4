# graded as: stream.py
# style: asks a selector before every recv and send

import selectors


def wait_until(sock, event):
    with selectors.DefaultSelector() as selector:
        selector.register(sock, event)
        while not selector.select(timeout=5):
            print("still waiting")


def recv_exactly(sock, n):
    data = []
    for _ in range(n):
        if sum(map(len, data)) == n:
            break
        wait_until(sock, selectors.EVENT_READ)
        data.append(sock.recv(n - sum(map(len, data))))
        if data[-1] == b"":
            raise EOFError(f"{sum(map(len, data))} of {n}")
    return b"".join(data)


def send_all(sock, data):
    while len(data):
        wait_until(sock, selectors.EVENT_WRITE)
        data = data[sock.send(data) :]
