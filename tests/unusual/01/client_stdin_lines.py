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
    try:
        with sock, sock.makefile("rw", encoding="utf-8", newline="\n") as file:
            for line in sys.stdin:
                if line == "\n":
                    break
                file.write(line)
                file.flush()
                echo = file.readline()
                if not echo.endswith("\n"):
                    raise ConnectionError("before the line was back")
                sys.stdout.write(echo)
                sys.stdout.flush()
    except ConnectionError as error:  # outside: to close the file may send again
        print("The server went away:", error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
