# graded as: echo_server.py
# style: each piece goes through a file; sendfile() sends it from its start
import socket
import tempfile


def main():
    with socket.create_server(("127.0.0.1", 5050)) as listening:
        connection, _ = listening.accept()
        with connection:
            while data := connection.recv(1024):
                with tempfile.TemporaryFile() as spool:
                    spool.write(data)
                    spool.flush()
                    connection.sendfile(spool)


if __name__ == "__main__":
    main()
