"""Lesson 00: is this machine ready?"""

import socket
import sys

HOST = "127.0.0.1"
PORT = 5050


def greeting(name):
    """Return "Hello, Mia!" for the name "Mia"."""
    return f"Hello, {name}?"


def to_bytes(text):
    """Return the bytes of this text in UTF-8."""
    # TODO 1: so far this function returns nothing.


def to_text(data):
    """Return the text that these UTF-8 bytes stand for."""
    # TODO 2: so far this function returns nothing.
    # TODO 3: some bytes stand for no text. Then return "(not text)".


def send_greeting(sock, name):
    """Send the greeting for this name and a newline through this socket."""
    # TODO 4: so far this function sends nothing.


def check_this_machine():
    """Let this program call itself on port 5050 (given: nothing to do here)."""
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
