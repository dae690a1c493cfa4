# graded as: echo_server.py
# style: a byte in a pipe wakes the main thread in select()
# not on: win32 (there, select() knows sockets only)
"""A worker thread echoes; the main thread waits for the listener, or for the worker's end."""
import os
import select
import socket
import threading


def main():
    listening = socket.create_server(("127.0.0.1", 5050))
    r, w = os.pipe()

    def work(conn):
        with conn:
            while data := conn.recv(1024):
                conn.sendall(data)
        os.write(w, b"x")

    busy = False
    while True:
        ready, _, _ = select.select([r] if busy else [r, listening], [], [])
        if r in ready:
            break
        if listening in ready:
            conn, _ = listening.accept()
            busy = True
            threading.Thread(target=work, args=(conn,)).start()
    listening.close()

if __name__ == "__main__":
    main()
