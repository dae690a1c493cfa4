# graded as: echo_server.py
# style: prints all that it gets, logs on both streams
import logging
import socket

logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(message)s")
PORT = 5050
with socket.create_server(("", PORT)) as listening:
    logging.info("waiting on port %s", PORT)
    connection, (host, port) = listening.accept()
    logging.info("from %s:%s", host, port)
    with connection:
        while (data := connection.recv(1024)) != b"":
            print("Received:", data)
            print("As text: ", data.decode(errors="replace"))
            logging.debug("%d bytes", len(data))
            connection.sendall(data)
    logging.warning("gone")
print("bye")
