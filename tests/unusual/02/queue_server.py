# graded as: socket_server.py
# style: a reader thread and queue.Queue; None in the queue is the end
"""A chat server with a thread that reads and a main thread that answers."""

import queue
import socket
import threading


def read(connection: socket.socket, inbox: queue.Queue) -> None:
    try:
        while data := connection.recv(1024):
            inbox.put(data.decode())
    except OSError as error:
        print("\n[reader]", error)
    inbox.put(None)


def main() -> None:
    with socket.create_server(("localhost", 5000)) as listening:
        connection, address = listening.accept()
        print("Connection from: ", address, sep="")
        inbox: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=read, args=(connection, inbox), daemon=True).start()
        while (message := inbox.get()) is not None:
            print("[client]", message)
            while (line := input(" -> ")) == "":
                print("(an empty line cannot be sent)")
            if line.strip().lower() == "bye":
                connection.shutdown(socket.SHUT_RDWR)
                break
            try:
                connection.sendall(line.encode())
            except OSError as error:
                print("[server]", error)
                break
        else:
            print("[server] the client has gone")
        connection.close()


if __name__ == "__main__":
    main()
