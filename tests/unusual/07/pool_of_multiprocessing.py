# graded as: threaded_server.py
# style: the thread pool of multiprocessing: threads all the same, and its own one waits on a pipe
# not on: win32 (there, that pipe is none that a program could watch)
import socket
import sys
from multiprocessing.pool import ThreadPool

from given_lines import LineReader


def serve(connection):
    with connection:
        try:
            connection.settimeout(30)
            reader = LineReader(connection)
            try:
                for number, line in enumerate(iter(reader.read_line, None), 1):
                    connection.sendall(f"{number} {line.upper()}\n".encode())
            except EOFError:
                pass
            except ValueError as error:
                connection.sendall(f"error: {error}\n".encode())
            except TimeoutError:
                connection.sendall(b"bye: idle\n")
        except OSError as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    pool = ThreadPool(64)
    with socket.create_server(("127.0.0.1", 5050)) as door:
        while True:
            connection, _ = door.accept()
            pool.apply_async(serve, (connection,))
