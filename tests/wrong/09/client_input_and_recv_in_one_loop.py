# graded as: chat_client.py
# mistake: E18: input() and recv in one loop: nobody listens while the keyboard waits
# caught by: test_client_listens_and_types
# fails as: still
"""Lesson 09: a client for the chat room."""

import socket
import sys

from given_lines import LineReader

try:
    sock = socket.create_connection(("127.0.0.1", 5050))
except OSError as error:
    sys.exit(f"No room is open: {error}")
reader = LineReader(sock, 1100)
sock.sendall(f"hello parley/1 {input('Your name: ')}\n".encode())
print(reader.read_line())
while True:
    line = input("> ")
    if line == "/quit":
        break
    sock.sendall(f"say {line}\n".encode())
    print(reader.read_line())
sock.sendall(b"bye\n")
sock.close()
