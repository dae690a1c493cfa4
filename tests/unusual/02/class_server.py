# graded as: socket_server.py
# style: a class, match, logging on stderr, recv_into, a loop around send
"""A chat server as a class, with many log lines."""

import logging
import socket
from typing import Self

logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(message)s")
log = logging.getLogger("chat")


class ChatServer:
    def __init__(self, host: str = "127.0.0.1", port: int = 5000) -> None:
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(0)
        log.info("listening on %s", self.listener.getsockname())

    def __enter__(self) -> Self:
        self.connection, address = self.listener.accept()
        print("Connection from: " + str(address))
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()
        self.listener.close()
        log.info("closed")

    def run(self) -> None:
        buffer = bytearray(2048)
        view = memoryview(buffer)
        while True:
            match self.connection.recv_into(view):
                case 0:
                    print("That was all from the client.")
                    return
                case size:
                    log.debug("%d bytes: %r", size, bytes(view[:size]))
                    print("Recived:", bytes(view[:size]).decode())
            if not self.answer():
                return

    def answer(self) -> bool:
        while True:
            match input(" -> "):
                case "":
                    log.warning("nothing typed")
                case line if line.strip().lower() == "bye":
                    return False
                case line:
                    rest = line.encode()
                    while rest:
                        rest = rest[self.connection.send(rest) :]
                    return True


if __name__ == "__main__":
    with ChatServer() as server:
        try:
            server.run()
        except OSError as error:
            log.error("The client is gone: %s", error)
