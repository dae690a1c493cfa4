# graded as: echo_server.py
# style: text in between, in a code that knows every byte
import socket


def main():
    server_socket = socket.socket()
    server_socket.bind(("127.0.0.1", 5050))
    server_socket.listen(2)
    conn, address = server_socket.accept()
    print("Connection from: " + str(address))
    while True:
        text = conn.recv(1024).decode("latin-1")
        if not text:
            break
        conn.sendall(text.encode("latin-1"))
    conn.close()
    server_socket.close()


if __name__ == "__main__":
    main()
