# graded as: threaded_server.py
# mistake: E15: the writing thread is not told the end after a bad line or silence
# caught by: test_threads_end
# fails as: leak
# hint says: on each way out
"""Lesson 07: two threads for each client: one reads, one writes."""

import queue
import socket
import sys
import threading

from given_lines import LineReader


def write(connection, answers):
    try:
        while (answer := answers.get()) is not None:
            connection.sendall(answer)
            answers.task_done()
    except OSError as error:
        print("cannot send:", error, file=sys.stderr)


def serve(connection):
    with connection:
        connection.settimeout(30)
        answers = queue.Queue()
        writer = threading.Thread(target=write, args=(connection, answers), daemon=True)
        writer.start()
        reader = LineReader(connection)
        number = 0
        try:
            while (line := reader.read_line()) is not None:
                number += 1
                answers.put(f"{number} {line.upper()}\n".encode())
            answers.put(None)
            writer.join()
        except EOFError:
            answers.put(None)
            writer.join()
        except ValueError as error:
            answers.put(f"error: {error}\n".encode())
            answers.join()
        except TimeoutError:
            answers.put(b"bye: idle\n")
            answers.join()
        except OSError as error:
            print("broke off:", error, file=sys.stderr)
            answers.put(None)


def main():
    door = socket.create_server(("127.0.0.1", 5050))
    while True:
        connection, _ = door.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


main()
