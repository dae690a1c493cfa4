# graded as: echo_server.py
# style: the listening socket is closed before the talk; no SO_REUSEADDR
import socket

with socket.socket() as listening:
    listening.bind(("127.0.0.1", 5050))
    listening.listen()
    connection, address = listening.accept()

with connection:
    while data := connection.recv(1024):
        connection.sendall(data)
