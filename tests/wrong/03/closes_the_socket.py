# graded as: stream.py
# mistake: C05: the socket of the caller is closed
# caught by: test_short_sends
# fails as: closed
# hint says: Who closed this connection
"""Lesson 03: read and write exactly so many bytes of a stream."""

import socket


def recv_exactly(sock: socket.socket, n: int) -> bytes:
    """Return the next n bytes of the stream, not one more and not one fewer."""
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))  # never more than is missing
        if piece == b"":  # the other side has ended: nothing will come any more
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_all(sock: socket.socket, data: bytes) -> None:
    """Send every byte of data, with sock.send alone."""
    while data:
        taken = sock.send(data)  # how many bytes the system took: perhaps not all
        data = data[taken:]
    sock.close()


if __name__ == "__main__":
    print("stream.py holds two functions for other programs. Alone it does nothing.")
