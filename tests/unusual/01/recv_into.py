# graded as: echo_server.py
# style: recv_into a fixed buffer, send in a loop
import socket

BUFFER = bytearray(300)


def send_everything(sock, view):
    while view:
        view = view[sock.send(view) :]


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 5050), backlog=1) as door:
        guest, _ = door.accept()
    with guest, memoryview(BUFFER) as view:
        while size := guest.recv_into(BUFFER):
            send_everything(guest, view[:size])
