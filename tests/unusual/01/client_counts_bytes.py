# graded as: echo_client.py
# style: counts the bytes instead of looking for the newline; log lines
import logging
import socket

logging.basicConfig(level=logging.INFO)


class ServerGone(Exception):
    pass


def echo(sock, data):
    sock.sendall(data)
    logging.info("sent %d bytes", len(data))
    back = bytearray()
    while len(back) < len(data):
        piece = sock.recv(len(data) - len(back))
        if not piece:
            raise ServerGone(f"only {len(back)} of {len(data)} bytes are back")
        back += piece
        logging.info("%d of %d bytes are back", len(back), len(data))
    return bytes(back)


def main():
    with socket.socket() as sock:
        sock.connect(("127.0.0.1", 5050))
        logging.info("connected from %s", sock.getsockname())
        while True:
            try:
                line = input("Your line (empty: end)? ")
            except EOFError:
                print()
                return
            if not line:
                return
            back = echo(sock, bytes(line + "\n", "utf-8"))
            print("--->", str(back, "utf-8"))


try:
    main()
except (OSError, ServerGone) as error:
    logging.error("Sorry: %s", error)
    raise SystemExit(1) from None
