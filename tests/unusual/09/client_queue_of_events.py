# graded as: chat_client.py
# style: two threads that only report to a queue, recv with a timeout, no prompt
"""Lesson 09: a client for the chat room that handles one event after the other."""

import queue
import socket
import sys
import threading

events = queue.Queue()


def keyboard():
    while True:
        line = sys.stdin.readline()
        events.put(("typed", line.rstrip("\n") if line else None))
        if not line:
            return


def network(sock):
    sock.settimeout(0.3)
    data = b""
    while True:
        try:
            piece = sock.recv(100)
        except TimeoutError:
            continue
        except OSError:
            piece = b""
        if not piece:
            events.put(("closed", None))
            return
        data += piece
        while b"\n" in data:
            line, data = data.split(b"\n", 1)
            events.put(("came", line.decode()))


def run(sock):
    inside = False
    while True:
        kind, line = events.get()
        if kind == "closed":
            print("*** connection closed ***")
            return
        if kind == "came":
            inside = inside or line.startswith("welcome ")
            print(f"<<< {line}")
        elif line is None or line == "/quit":
            sock.sendall(b"bye\n")
            return
        elif not inside:
            sock.sendall(f"hello parley/1 {line}\n".encode())
        elif line.startswith("/to ") or line == "/who":
            sock.sendall(f"{line[1:]}\n".encode())
        elif line.startswith("/"):
            print("commands: /to /who /quit")
        elif line:
            sock.sendall(b"".join([b"say ", line.encode(), b"\n"]))


def main():
    try:
        sock = socket.create_connection(("127.0.0.1", 5050))
    except ConnectionRefusedError:
        raise SystemExit("Is the server running?") from None
    threading.Thread(target=keyboard, daemon=True).start()
    threading.Thread(target=network, args=(sock,), daemon=True).start()
    with sock:
        run(sock)


main()
