# graded as: echo_client.py
# style: for line in sys.stdin, no prompt, makefile
import socket
import sys


def main():
    try:
        sock = socket.create_connection(("127.0.0.1", 5050))
    except ConnectionRefusedError:
        print("Start the server first.", file=sys.stderr)
        return 1
    with sock, sock.makefile("rw", encoding="utf-8", newline="\n") as file:
        for line in sys.stdin:
            if line == "\n":
                break
            try:
                file.write(line)
                file.flush()
                echo = file.readline()
            except ConnectionError:
                echo = ""
            if not echo.endswith("\n"):
                print("The server went away.", file=sys.stderr)
                return 1
            sys.stdout.write(echo)
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
