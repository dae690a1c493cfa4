# graded as: echo_server.py
# style: classes, one of them a context manager
import socket
import sys
from dataclasses import dataclass


@dataclass
class Connection:
    sock: socket.socket
    bytes_in: int = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.sock.close()

    def __iter__(self):
        return iter(lambda: self.sock.recv(64), b"")

    def give_back(self, data):
        self.bytes_in += len(data)
        self.sock.sendall(data)


class EchoServer:
    def __init__(self, host="127.0.0.1", port=5050):
        self.address = (host, port)

    def run(self):
        with socket.create_server(self.address) as door:
            with Connection(door.accept()[0]) as connection:
                for data in connection:
                    connection.give_back(data)
            sys.stderr.write(f"{connection.bytes_in} bytes in all\n")


if __name__ == "__main__":
    EchoServer().run()
    sys.exit(0)
