# graded as: stream.py
# style: recv(1) and send of one byte each: slow and right

def recv_exactly(sock, n):
    data = b""
    for came in range(n):
        byte = sock.recv(1)
        if not byte:
            raise EOFError(f"The end! Only {came} of {n} bytes...")
        data += byte
    return data


def send_all(sock, data):
    for number in data:
        sock.send(bytes([number]))
