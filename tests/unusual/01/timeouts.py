# graded as: echo_server.py
# style: settimeout on both sockets, a fresh try after each
import socket


def patiently(action, *arguments):
    while True:
        try:
            return action(*arguments)
        except TimeoutError:
            print("still here")


with socket.create_server(("127.0.0.1", 5050)) as listening:
    listening.settimeout(1)
    connection, _ = patiently(listening.accept)
    connection.settimeout(5)
    while data := patiently(connection.recv, 1024):
        while data:
            data = data[patiently(connection.send, data) :]
    connection.close()
