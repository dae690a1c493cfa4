"""The teacher's echo server for the projector: many clients, every line on show.

python class_server.py [HOST] [PORT]        stop it with Ctrl-C

It is no answer to lesson 01: a thread for each client is lesson 07.
"""

import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        name = self.client_address[0]
        print(f"{name}: has come")
        try:
            while data := self.request.recv(1024):
                print(f"{name}: {data!r}")
                self.request.sendall(data)
        except OSError as error:
            print(f"{name}: {error}")
        print(f"{name}: has left")


class ClassServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = sys.platform != "win32"  # there it would share the port
    daemon_threads = True


def main() -> None:
    host = sys.argv[1] if len(sys.argv) > 1 else "0.0.0.0"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 5050
    with ClassServer((host, port), Echo) as server:
        print(f"Echo on {host}, port {port}. Ctrl-C stops it.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
