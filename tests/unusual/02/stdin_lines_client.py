# graded as: socket_client.py
# style: for line in sys.stdin; create_connection; SystemExit with a number
"""A chat client whose main loop goes over the typed lines."""

import socket
import sys


def prompt() -> None:
    print(" -> ", end="", flush=True)


def main() -> int:
    try:
        sock = socket.create_connection(("localhost", 5000))
    except ConnectionRefusedError:
        print("Start the server first.", file=sys.stderr)
        return 1
    with sock:
        prompt()
        for line in sys.stdin:
            line = line.removesuffix("\n")
            if line.strip().lower() == "bye":
                break
            if line:
                try:
                    sock.sendall(bytes(line, "utf-8"))
                    reply = sock.recv(2**16)
                except OSError as error:
                    print("Lost:", error, file=sys.stderr)
                    return 1
                if not reply:
                    print("The server hung up.", file=sys.stderr)
                    return 1
                print(reply.decode())
            prompt()
    return 0


sys.exit(main())
