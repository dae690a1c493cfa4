# graded as: echo_server.py
# style: a file object for both directions
from socket import create_server

with create_server(("127.0.0.1", 5050)) as listening:
    connection, address = listening.accept()
    with connection, connection.makefile("rwb") as file:
        while data := file.read1():
            file.write(data)
            file.flush()
