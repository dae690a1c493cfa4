# graded as: echo_server.py
# style: selectors, non-blocking, a buffer between in and out
import selectors
import socket

HOST, PORT = "127.0.0.1", 5050


def main():
    selector = selectors.DefaultSelector()
    with socket.create_server((HOST, PORT)) as listening:
        listening.setblocking(False)
        selector.register(listening, selectors.EVENT_READ)
        selector.select()
        connection, _ = listening.accept()
        selector.unregister(listening)
    connection.setblocking(False)
    echo(selector, connection)
    connection.close()


def echo(selector, connection):
    held = bytearray()
    open_ = True
    selector.register(connection, selectors.EVENT_READ)
    while open_ or held:
        wanted = selectors.EVENT_READ if open_ else 0
        if held:
            wanted |= selectors.EVENT_WRITE
        selector.modify(connection, wanted)
        for _, events in selector.select():
            if events & selectors.EVENT_READ:
                data = connection.recv(512)
                held += data
                open_ = bool(data)
            if events & selectors.EVENT_WRITE and held:
                del held[: connection.send(held)]


if __name__ == "__main__":
    main()
