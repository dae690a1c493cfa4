# graded as: hello.py
# style: bytes() and str() with a code, send in a loop, its own way of calling itself
"""bytes(text, code) and str(data, code) instead of encode and decode."""

import platform
import socket


def greeting(name):
    return "".join(("Hello, ", name, chr(33)))


def to_bytes(text):
    return bytes(text, "utf-8")


def to_text(data):
    try:
        return str(data, "utf-8")
    except ValueError:  # UnicodeDecodeError is one of these
        return "(not text)"


def send_greeting(sock, name):
    rest = to_bytes(greeting(name)) + bytes([10])
    while rest:
        rest = rest[sock.send(rest) :]


if __name__ == "__main__":
    print("This is Python " + platform.python_version())
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 5050))
        listening.listen()
        near_end = socket.socket()
        near_end.connect(("127.0.0.1", 5050))
        far_end, _ = listening.accept()
        near_end.sendall(b"!")
        assert far_end.recv(1) == b"!"
        near_end.close()
        far_end.close()
    print("Loopback works, and so do I.")
