# graded as: line_server.py
# style: threads, a polling accept, SO_REUSEADDR by hand

import itertools
import socket
import sys
import threading

from lines import LineReader

server = socket.socket()
if sys.platform != "win32":
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("", 5050))
server.listen(0)
server.settimeout(1.0)


def serve(conn):
    conn.settimeout(None)
    reader = LineReader(conn, 1000)
    with conn, conn.makefile("w", encoding="utf-8", newline="\n") as out:
        try:
            for number in itertools.count(1):
                line = reader.read_line()
                if line is None:
                    return
                print(number, line.upper(), file=out, flush=True)
        except EOFError as error:
            print("unfinished:", error)
        except ValueError as error:
            out.write(f"error: {type(error).__name__}\n")


while True:
    try:
        conn, _ = server.accept()
    except TimeoutError:
        print("still waiting ...")
        continue
    threading.Thread(target=serve, args=(conn,), daemon=True).start()
