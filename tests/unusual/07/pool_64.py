# graded as: threaded_server.py
# style: ThreadPoolExecutor with 64 workers, connections shut down at Ctrl-C
"""Lesson 07: a line server with a thread for each client."""

import logging
import socket
from concurrent.futures import ThreadPoolExecutor

from given_lines import LineReader

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
connected = set()


def serve(connection):
    try:
        with connection:
            connection.settimeout(30)
            goodbye = b""
            reader, number = LineReader(connection), 1
            try:
                while (line := reader.read_line()) is not None:
                    connection.sendall(f"{number} {line.upper()}\n".encode())
                    number += 1
            except EOFError:
                pass
            except ValueError as error:
                goodbye = f"error: {error}\n".encode()
            except TimeoutError:
                goodbye = b"bye: idle\n"
            connection.sendall(goodbye)
    except OSError:
        logging.exception("lost a client")
    finally:
        connected.discard(connection)


def main():
    listening = socket.create_server(("127.0.0.1", 5050))
    with ThreadPoolExecutor(max_workers=64) as pool:
        try:
            while True:
                connection, _ = listening.accept()
                connected.add(connection)
                pool.submit(serve, connection)
        except KeyboardInterrupt:
            listening.close()
            for connection in list(connected):
                connection.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main()
