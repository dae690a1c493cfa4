# graded as: stream.py
# mistake: A17: one call inside the other for each piece, until Python gives up
# caught by: test_much_data
# fails as: crashed
# hint says: Your function calls itself

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
