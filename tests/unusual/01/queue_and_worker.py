# graded as: echo_server.py
# style: a queue and a second thread that sends
import queue
import socket
import threading


def main():
    with socket.create_server(("127.0.0.1", 5050)) as listening:
        connection, _ = listening.accept()
        pieces = queue.Queue()
        worker = threading.Thread(target=send_back, args=(connection, pieces))
        worker.start()
        while True:
            data = connection.recv(1024)
            pieces.put(data)
            if not data:
                break
        worker.join()
        connection.close()


def send_back(connection, pieces):
    while data := pieces.get():
        connection.sendall(data)


if __name__ == "__main__":
    main()
