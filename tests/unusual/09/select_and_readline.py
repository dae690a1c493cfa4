# graded as: chat_client.py
# style: one thread: select() on the keyboard and the socket, then readline()
# not on: win32 (there, select() knows sockets only)
"""Lesson 09: a chat client in one thread."""

import select
import socket
import sys

HOST = "127.0.0.1"
PORT = 5050
KNOWN = ("said", "told", "joined", "left", "error", "here", "welcome")


def main():
    try:
        sock = socket.create_connection((HOST, PORT))
    except OSError as error:
        sys.exit(f"No room: {error}")
    buffer = b""
    member = False
    print("Your name?", flush=True)
    try:
        while True:
            ready, _, _ = select.select([sys.stdin, sock], [], [])
            for source in ready:
                if source is sock:
                    data = sock.recv(4096)
                    if not data:
                        print("The room has gone.")
                        return
                    buffer += data
                    *lines, buffer = buffer.split(b"\n")
                    for line in lines:
                        line = line.decode()
                        if line.split(" ")[0] in KNOWN:
                            print(line, flush=True)
                        if line.startswith("welcome "):
                            member = True
                else:
                    line = sys.stdin.readline()
                    if line == "" or line == "/quit\n":
                        sock.sendall(b"bye\n")
                        return
                    line = line.rstrip("\n")
                    if not member:
                        sock.sendall(f"hello parley/1 {line}\n".encode())
                    elif line == "/who" or line.startswith("/to "):
                        sock.sendall(f"{line[1:]}\n".encode())
                    elif line and not line.startswith("/"):
                        sock.sendall(f"say {line}\n".encode())
    except OSError as error:
        print("The connection broke:", error)


main()
