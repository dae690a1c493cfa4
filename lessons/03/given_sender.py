"""Given for lesson 03: send 3,000 bytes to the receiver, in one call of send.

python given_sender.py
"""

import socket
import sys

HOST = "127.0.0.1"
PORT = 5050


def main():
    try:
        sock = socket.create_connection((HOST, PORT))
    except ConnectionRefusedError:
        sys.exit("Nobody listens there. Start given_receiver.py first.")
    taken = sock.send(b"x" * 3000)
    print(f"send took {taken} bytes in one call.")
    sock.close()


if __name__ == "__main__":
    main()
