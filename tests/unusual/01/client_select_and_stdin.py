# graded as: echo_client.py
# style: select with a timeout on the socket, recv_into, waits for the server's end
import select
import socket
import sys


def main():
    sock = socket.socket()
    sock.settimeout(10)
    try:
        sock.connect(("127.0.0.1", 5050))
    except (ConnectionError, TimeoutError) as trouble:
        print(type(trouble).__name__, "- is the server running?", file=sys.stderr)
        sys.exit(1)
    buffer = bytearray(4)
    while True:
        print("echo> ", end="", flush=True)
        line = sys.stdin.readline()
        if line in ("", "\n"):
            break
        try:
            sock.sendall(line.encode())
        except ConnectionError as trouble:
            sys.exit(f"Nothing could be sent: {trouble}")
        back = b""
        while b"\n" not in back:
            while not select.select([sock], [], [], 3)[0]:
                print("(waiting)")
            try:
                size = sock.recv_into(buffer)
            except ConnectionError:
                size = 0
            if size == 0:
                sys.exit("Connection closed by the server.")
            back += buffer[:size]
        print(back.partition(b"\n")[0].decode())
    sock.close()


if __name__ == "__main__":
    main()
