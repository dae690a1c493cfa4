# graded as: hello.py
# mistake: A06: the end of the line is never sent
# caught by: test_send_greeting
# fails as: newline
"""Lesson 00: is this machine ready?"""

import socket
import sys

HOST = "127.0.0.1"
PORT = 5050


def greeting(name: str) -> str:
    """Return "Hello, Mia!" for the name "Mia"."""
    return f"Hello, {name}!"


def to_bytes(text: str) -> bytes:
    """Return the bytes of this text in UTF-8."""
    return text.encode()  # encode() and decode() mean UTF-8 if you name no other code


def to_text(data: bytes) -> str:
    """Return the text that these UTF-8 bytes stand for."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "(not text)"


def send_greeting(sock: socket.socket, name: str) -> None:
    """Send the greeting for this name and a newline through this socket."""
    sock.sendall(to_bytes(greeting(name)))


def check_this_machine() -> None:
    """Let this program call itself on port 5050."""
    print("Python", sys.version.split()[0])
    try:
        listening = socket.create_server((HOST, PORT))
    except OSError as error:
        sys.exit(f"Port {PORT} is not free: {error}")
    near_end = socket.create_connection((HOST, PORT))
    far_end, address = listening.accept()
    print(f"Loopback works: {HOST}, port {PORT}, took a call from port {address[1]}.")
    near_end.close()
    far_end.close()
    listening.close()


if __name__ == "__main__":
    check_this_machine()
    print(greeting("world"))
