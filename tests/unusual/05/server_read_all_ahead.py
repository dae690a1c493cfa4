# graded as: frame_server.py
# style: takes what has come, answers all whole frames with one send
"""Lesson 05: a server that answers each frame with its payload turned round."""

import socket


def main():
    with socket.create_server(("", 5050), backlog=0) as listening:
        while True:
            connection, _ = listening.accept()
            talk(connection)
            connection.close()


def talk(connection):
    buffer = b""
    while data := connection.recv(65536):
        buffer += data
        answers = []
        while len(buffer) >= 4:
            n = int.from_bytes(buffer[:4], "big")
            if n > 1_000_000:
                return
            if len(buffer) < n + 4:
                break
            answers.append(buffer[:4] + buffer[4 : n + 4][::-1])
            buffer = buffer[n + 4 :]
        connection.sendall(b"".join(answers))


main()
