# graded as: threaded_server.py
# style: one thread accepts; the main thread stands in signal.pause()
# not on: win32 (it has no signal.pause())
import signal
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


def clerk(door):
    while True:
        connection, address = door.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


door = socket.create_server(("127.0.0.1", 5050))
threading.Thread(target=clerk, args=(door,), daemon=True).start()
signal.pause()
