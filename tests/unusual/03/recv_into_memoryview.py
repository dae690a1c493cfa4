# graded as: stream.py
# style: recv_into a bytearray, memoryview for sending

def recv_exactly(sock, n):
    buffer = bytearray(n)
    view = memoryview(buffer)
    done = 0
    while done < n:
        size = sock.recv_into(view[done:])
        if size == 0:
            raise EOFError(f"stream over: {done} of {n} bytes are here")
        done += size
    return bytes(buffer)


def send_all(sock, data):
    with memoryview(data) as view:
        position = 0
        while position < view.nbytes:
            position += sock.send(view[position:])
