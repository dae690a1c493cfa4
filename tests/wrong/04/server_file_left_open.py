# graded as: line_server.py
# mistake: C05: close() leaves the connection open, because a file of makefile() still uses it
# caught by: test_next_client
# fails as: held

import socket

from lines import LineReader

HOST = "127.0.0.1"
PORT = 5050


def main():
    listening = socket.create_server((HOST, PORT))
    while True:
        connection, address = listening.accept()
        reader = LineReader(connection)
        answers = connection.makefile("w", encoding="utf-8", newline="\n")
        number = 0
        try:
            while (line := reader.read_line()) is not None:
                number += 1
                print(number, line.upper(), file=answers, flush=True)
        except EOFError:
            pass
        except ValueError as error:
            print("error:", error, file=answers, flush=True)
        connection.close()


if __name__ == "__main__":
    main()
