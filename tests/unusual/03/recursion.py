# graded as: stream.py
# style: recursion instead of loops

def recv_exactly(sock, n, total=None):
    total = n if total is None else total
    if n == 0:
        return b""
    head = sock.recv(n)
    if not head:
        raise EOFError(f"{total - n} of {total} bytes")
    return head + recv_exactly(sock, n - len(head), total)


def send_all(sock, data):
    if data:
        send_all(sock, data[sock.send(data) :])
