# graded as: chat_client.py
# mistake: A09: the client sleeps and looks at the network between two lines that are typed
# caught by: test_client_listens_and_types
# fails as: still
"""Lesson 09: a client for the chat room."""

import socket
import sys
import time

try:
    sock = socket.create_connection(("127.0.0.1", 5050))
except OSError as error:
    sys.exit(f"No room is open: {error}")
sock.sendall(f"hello parley/1 {input('Your name: ')}\n".encode())
sock.setblocking(False)
while True:
    time.sleep(0.1)
    try:
        print(sock.recv(4096).decode(), end="")
    except BlockingIOError:
        pass
    line = input("> ")
    if line == "/quit":
        break
    sock.sendall(f"say {line}\n".encode())
sock.sendall(b"bye\n")
sock.close()
