# graded as: echo_server.py
# style: select.select with a timeout that comes to nothing
import select
import socket

listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listening.bind(("127.0.0.1", 5050))
listening.listen(0)
connection, who = None, None
over = False
while not over:
    watched = [connection or listening]
    ready, _, _ = select.select(watched, [], [], 2.5)
    if not ready:
        print("... nothing for two seconds and a half")
    elif connection is None:
        connection, who = listening.accept()
    elif data := connection.recv(777):
        connection.sendall(data)
    else:
        over = True
connection.close()
listening.close()
