# graded as: threaded_server.py
# style: a thread gets the bare descriptor, and makes a socket of it
import socket
import sys
import threading

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


def adopt(descriptor):
    serve(socket.socket(fileno=descriptor))


door = socket.create_server(("127.0.0.1", 5050))
while True:
    connection, _ = door.accept()
    threading.Thread(target=adopt, args=(connection.detach(),), daemon=True).start()
