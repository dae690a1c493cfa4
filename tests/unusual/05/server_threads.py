# graded as: frame_server.py
# style: a thread for each client, contextlib.closing, much talk on the screen
"""Lesson 05: a server that answers each frame with its payload turned round."""

import logging
import socket
import threading
from contextlib import closing, suppress

import frames

logging.basicConfig(level=logging.DEBUG)


def serve(connection, address):
    with closing(connection), suppress(EOFError, ValueError):
        for payload in iter(lambda: frames.recv_frame(connection), None):
            logging.info("%s sent %r", address, payload)
            frames.send_frame(connection, payload[::-1])
    logging.info("%s is gone", address)


def main():
    listening = socket.socket()
    listening.bind(("localhost", 5050))
    listening.listen(1)
    while True:
        client = listening.accept()
        threading.Thread(target=serve, args=client, daemon=True).start()


if __name__ == "__main__":
    main()
