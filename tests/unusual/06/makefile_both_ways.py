# graded as: steady_server.py
# style: makefile for reading and for writing, everything closed by with
"""Lesson 06: a line server that stays, whatever its clients do."""

import socket
import sys


def serve(connection):
    connection.settimeout(30)
    with connection, connection.makefile("rb") as lines:
        with connection.makefile("w", encoding="utf-8", newline="\n") as answers:
            try:
                for number in range(1, sys.maxsize):
                    line = lines.readline(1001)
                    if not line.endswith(b"\n"):
                        if len(line) > 1000:
                            answers.write("error: too long\n")
                        break
                    text = line[:-1].removesuffix(b"\r").decode("utf-8")
                    print(number, text.upper(), file=answers, flush=True)
            except UnicodeError:
                answers.write("error: no UTF-8\n")
            except TimeoutError:
                answers.write("bye: idle\n")


def main():
    with socket.create_server(("localhost", 5050)) as listening:
        while True:
            connection, _ = listening.accept()
            try:
                serve(connection)
            except OSError as error:
                print("client lost:", error, file=sys.stderr)


if __name__ == "__main__":
    main()
