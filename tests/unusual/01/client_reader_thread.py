# graded as: echo_client.py
# style: a second thread prints; the end is a half-close, then a wait
import contextlib
import os
import socket
import sys
import threading


def show(sock, sent):
    shown = 0
    with sock.makefile("rb") as file, contextlib.suppress(ConnectionError):
        for line in file:
            if line.endswith(b"\n"):
                shown += 1
                print("<", line.decode().rstrip("\n"), flush=True)
    if shown < len(sent):
        print("The server has left too early.", file=sys.stderr, flush=True)
        os._exit(1)  # the main thread may stand in input()


def main():
    try:
        sock = socket.create_connection(("127.0.0.1", 5050))
    except OSError as error:
        sys.exit(f"No connection: {error}")
    sent = []
    reader = threading.Thread(target=show, args=(sock, sent))
    reader.start()
    for line in sys.stdin:
        text = line.removesuffix("\n")
        if not text:
            break
        sent.append(text)
        try:
            sock.sendall(f"{text}\n".encode())
        except ConnectionError:
            sys.exit("The server has left before this line.")
    with contextlib.suppress(OSError):  # it may have left between two lines
        sock.shutdown(socket.SHUT_WR)
    reader.join()
    sock.close()


if __name__ == "__main__":
    main()
