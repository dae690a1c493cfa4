# graded as: socket_client.py
# style: select on the socket, connect_ex, sendmsg where there is one, a class
"""A chat client that waits for its reply with select()."""

import select
import socket
import sys
import time


class Gone(Exception):
    """The server has gone."""


class Client:
    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if self.sock.connect_ex(("127.0.0.1", 5000)) != 0:
            sys.stderr.write("Port 5000 does not answer.\n")
            raise SystemExit(1)
        self.log("connected from", self.sock.getsockname())

    def log(self, *words: object) -> None:
        print(time.strftime("[%H:%M:%S]"), *words, file=sys.stderr)

    def send(self, text: str) -> None:
        data = text.encode()
        if hasattr(self.sock, "sendmsg"):
            self.sock.sendmsg([data])
        else:
            self.sock.sendall(data)

    def reply(self) -> str:
        readable: list = []
        while not readable:
            readable, _, _ = select.select([self.sock], [], [], 2.0)
        data = self.sock.recv(1024)
        if not data:
            raise Gone("end of the stream")
        return data.decode()

    def run(self) -> None:
        try:
            for line in iter(lambda: input(" -> "), None):
                if line.strip().lower() == "bye":
                    break
                if line != "":
                    self.send(line)
                    print("Reply:", self.reply())
        except (Gone, OSError) as error:
            self.log("The server is gone:", error)
        finally:
            self.sock.close()


if __name__ == "__main__":
    Client().run()
