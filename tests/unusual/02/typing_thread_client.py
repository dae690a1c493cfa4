# graded as: socket_client.py
# style: a thread reads the keyboard ahead into a queue; the main thread keeps the turns
"""A chat client whose keyboard has a thread of its own."""

import os
import queue
import socket
import sys
import threading

typed: queue.SimpleQueue[str | None] = queue.SimpleQueue()


def keyboard() -> None:
    """Read lines up to bye, so that this thread does not outlive the talk."""
    for line in sys.stdin:
        line = line.removesuffix("\n")
        if line.lower().strip() == "bye":
            typed.put(None)
            return
        typed.put(line)


def give_up(reason: object) -> None:
    print("The server has gone:", reason, flush=True)
    os._exit(0)  # the other thread may still wait for the keyboard


def main() -> None:
    try:
        sock = socket.create_connection(("localhost", 5000))
    except OSError as error:
        print(f"No server: {error}", file=sys.stderr)
        sys.exit(1)
    threading.Thread(target=keyboard).start()
    with sock:
        while True:
            print(end=" -> ", flush=True)
            line = typed.get()
            if line is None:
                break
            if not line:
                continue
            try:
                sock.sendall(line.encode())
                data = sock.recv(1024)
            except ConnectionError as error:
                give_up(error)
            if not data:
                give_up("it has closed")
            print(f"Received {len(data)} bytes: {data.decode()}")


main()
