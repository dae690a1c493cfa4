# graded as: echo_server.py
# style: the selector that only knows select(), which all systems have; a worker thread
import selectors
import socket
import threading


def main():
    listening = socket.create_server(("127.0.0.1", 5050))
    r, w = socket.socketpair()
    sel = selectors.SelectSelector()
    sel.register(listening, selectors.EVENT_READ, "door")
    sel.register(r, selectors.EVENT_READ, "wake")

    def work(conn):
        with conn:
            while data := conn.recv(1024):
                conn.sendall(data)
        w.send(b"x")

    done = False
    while not done:
        for key, _ in sel.select():
            match key.data:
                case "wake":
                    done = True
                case "door":
                    conn, _ = listening.accept()
                    sel.unregister(listening)
                    threading.Thread(target=work, args=(conn,)).start()
    sel.close()
    listening.close()

if __name__ == "__main__":
    main()
