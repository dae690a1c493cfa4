# graded as: echo_server.py
# style: a second socket object on the same connection, by fromfd()
import socket


def main():
    with socket.create_server(("127.0.0.1", 5050)) as listening:
        accepted, _ = listening.accept()
        connection = socket.fromfd(accepted.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        accepted.close()
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data)

if __name__ == "__main__":
    main()
