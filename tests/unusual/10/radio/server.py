import socket
import threading

conns = set()
lock = threading.Lock()


def serve(conn):
    with lock:
        conns.add(conn)
    with conn, conn.makefile("r", encoding="utf-8", newline="\n") as f:
        for line in f:
            word, _, text = line.rstrip("\n").partition(" ")
            if line == "speak radio/1\n":
                conn.sendall(b"go\n")
                with lock:
                    conns.discard(conn)
            elif word == "news":
                conn.sendall(b"sent\n")
                with lock:
                    for other in conns:
                        other.sendall(f"heard {text}\n".encode())
            else:
                conn.sendall(b"no\n")
    with lock:
        conns.discard(conn)


def main():
    with socket.create_server(("127.0.0.1", 5050)) as s:
        while True:
            conn, _ = s.accept()
            threading.Thread(target=serve, args=(conn,), daemon=True).start()


main()
