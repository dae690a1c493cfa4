"""Given: the two functions of lesson 03, ready for use.

They work as your own stream.py should. How they do it is hidden in Python's library.
"""

import socket


def recv_exactly(sock: socket.socket, n: int) -> bytes:
    """Return the next n bytes. EOFError: the stream ended before the last of them."""
    with sock.makefile("rb", buffering=1) as file:  # takes not one byte too many
        data = file.read(n)
    if len(data) < n:
        raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
    return data


def send_all(sock: socket.socket, data: bytes) -> None:
    """Send every byte of data, in as many pieces as it takes."""
    sock.sendall(data)
