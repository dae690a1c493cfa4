# graded as: socket_server.py
# style: selectors, non-blocking sockets, a state per turn
"""A chat server with a selector: it asks when a message has come."""

import selectors
import socket
import sys


def type_line() -> str:
    while True:
        sys.stdout.write(" -> ")
        sys.stdout.flush()
        line = sys.stdin.readline().rstrip("\n")
        if line:
            return line


def main() -> None:
    selector = selectors.DefaultSelector()
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("127.0.0.1", 5000))
    door.listen()
    door.setblocking(False)
    selector.register(door, selectors.EVENT_READ)
    outgoing = b""
    while True:
        for key, events in selector.select():
            sock = key.fileobj
            if sock is door:
                client, address = door.accept()
                client.setblocking(False)
                print(f"Connection from: {address[0]}:{address[1]}", flush=True)
                selector.unregister(door)
                door.close()
                selector.register(client, selectors.EVENT_READ)
                continue
            try:
                if events & selectors.EVENT_WRITE:
                    outgoing = outgoing[sock.send(outgoing) :]
                    if not outgoing:
                        selector.modify(sock, selectors.EVENT_READ)
                    continue
                data = sock.recv(4096)
            except OSError as error:
                print("connection lost:", error)
                return
            if not data:
                print("connection closed by the client")
                return
            print(str(data, "utf-8"))
            line = type_line()
            if line.strip().upper() == "BYE":
                return
            outgoing = line.encode()
            selector.modify(sock, selectors.EVENT_WRITE)


if __name__ == "__main__":
    main()
