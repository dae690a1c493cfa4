# graded as: echo_server.py
# style: recv(1): slow and right
import socket

listening = socket.socket()
listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listening.bind(("localhost", 5050))
listening.listen()
connection, _ = listening.accept()
byte = connection.recv(1)
while byte:
    connection.send(byte)
    byte = connection.recv(1)
connection.shutdown(socket.SHUT_WR)
connection.close()
listening.close()
