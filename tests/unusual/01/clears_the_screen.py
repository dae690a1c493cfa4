# graded as: echo_server.py
# style: os.system() clears the screen, at the start and at each message
import os
import socket


def clear():
    os.system("cls" if os.name == "nt" else "clear")


def main():
    clear()
    with socket.create_server(("127.0.0.1", 5050)) as listening:
        print("Waiting for a client ...")
        connection, address = listening.accept()
        count = 0
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data)
                count += len(data)
                clear()
                print(f"{count} bytes from {address[0]}")


if __name__ == "__main__":
    main()
