# graded as: line_server.py
# mistake: F01: answers when all is over: both sides wait
# caught by: test_server_answers
# fails as: still

import socket

from lines import LineReader

HOST = "127.0.0.1"
PORT = 5050


def main():
    listening = socket.create_server((HOST, PORT))
    while True:
        connection, address = listening.accept()
        serve(connection)
        connection.close()


def serve(connection):
    reader = LineReader(connection)
    number = 0
    answers = []
    try:
        while True:
            line = reader.read_line()
            if line is None:
                connection.sendall("".join(answers).encode())
                break
            number += 1
            answers.append(f"{number} {line.upper()}\n")
    except EOFError:
        pass
    except ValueError as error:
        connection.sendall(f"error: {error}\n".encode())


if __name__ == "__main__":
    main()
