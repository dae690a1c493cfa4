# graded as: frame_server.py
# style: socketserver, one client after the other
"""Lesson 05: a server that answers each frame with its payload turned round."""

import socketserver
import sys

from frames import recv_frame, send_frame


class Mirror(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while True:
                payload = recv_frame(self.request)
                if payload is None:
                    return
                send_frame(self.request, bytes(reversed(payload)))
        except (EOFError, ValueError):
            pass


class Server(socketserver.TCPServer):
    allow_reuse_address = sys.platform != "win32"


if __name__ == "__main__":
    with Server(("127.0.0.1", 5050), Mirror) as server:
        server.serve_forever()
