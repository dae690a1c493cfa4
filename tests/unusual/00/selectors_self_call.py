# graded as: hello.py
# style: select and non-blocking sockets, walrus, match, logging to stderr
"""The call to oneself with sockets that never wait."""

import select
import socket
import sys

HELLO, END = "Hello, ", "!"


def greeting(name):
    return HELLO + name + END


def to_bytes(text):
    data = bytearray()
    for letter in text:
        data += letter.encode()
    return bytes(data)


def to_text(data):
    match data:
        case b"":
            return ""
        case _:
            try:
                text = data.decode()
            except UnicodeDecodeError:
                text = "(not text)"
            return text


def send_greeting(sock, name):
    left = memoryview(to_bytes(greeting(name) + chr(10)))
    while len(left) > (sent := sock.send(left)):
        left = left[sent:]


def main():
    print("Python", sys.version)
    listening = socket.create_server(("127.0.0.1", 5050))
    listening.setblocking(False)
    near_end = socket.create_connection(("127.0.0.1", 5050), timeout=10)
    print("waiting for myself", file=sys.stderr)
    select.select([listening], [], [])
    far_end, _ = listening.accept()
    far_end.setblocking(False)
    near_end.shutdown(socket.SHUT_WR)
    select.select([far_end], [], [])
    if far_end.recv(10) == b"":
        print("Loopback works, end and all")


if __name__ == "__main__":
    main()
