# graded as: frames.py
# style: shifts by hand, recv(1), header and payload byte by byte
"""Lesson 05: frames. A frame is the length of a payload, then the payload."""



def send_frame(sock, payload):
    n = len(payload)
    for shift in (24, 16, 8, 0):
        sock.sendall(bytes([n >> shift & 0xFF]))
    for byte in payload:
        sock.sendall(bytes([byte]))


def recv_frame(sock, limit=1_000_000):
    size = 0
    for place in range(4):
        byte = sock.recv(1)
        if not byte:
            if place == 0:
                return None
            raise EOFError(f"only {place} bytes of the header")
        size = size << 8 | byte[0]
    if size > limit:
        raise ValueError(f"too long: {size}")
    payload = b""
    while len(payload) != size:
        byte = sock.recv(1)
        if not byte:
            raise EOFError(f"only {len(payload)} bytes of {size}")
        payload += byte
    return payload
