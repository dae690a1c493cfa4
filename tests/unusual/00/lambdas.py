# graded as: hello.py
# style: functions as values, one byte at a time, a thread for the other end
"""Functions as values; the call to oneself is taken in a thread."""

import socket
import sys
import threading

greeting = "Hello, {}!".format
to_bytes = str.encode


def to_text(data):
    replaced = data.decode("utf-8", errors="surrogateescape")
    unreadable = any("\udc80" <= letter <= "\udcff" for letter in replaced)
    return "(not text)" if unreadable else replaced


def send_greeting(sock, name):
    for number in to_bytes(greeting(name)):
        sock.send(bytes([number]))
    sock.send(b"\n")


def take_the_call(listening):
    connection, _ = listening.accept()
    connection.sendall(b"here")
    connection.close()


if __name__ == "__main__":
    print("Python", *sys.version_info[:3])
    print(f"Python {sys.version_info.major}.{sys.version_info.minor}")
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=take_the_call, args=(listening,))
    thread.start()
    with socket.create_connection(listening.getsockname()) as sock:
        answer = sock.recv(4)
    thread.join()
    listening.close()
    print("Loopback works:", answer)
