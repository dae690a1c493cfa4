# graded as: threaded_server.py
# style: socketserver.ThreadingTCPServer, tracebacks from handle_error
"""Lesson 07: a line server with a thread for each client."""

import socketserver


class Handler(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self):
        number = 0
        try:
            while (line := self.rfile.readline(1001)).endswith(b"\n"):
                number += 1
                text = line[:-1].removesuffix(b"\r").decode()
                self.wfile.write(f"{number} {text.upper()}\n".encode())
            if len(line) > 1000:
                self.wfile.write(b"error: this line is too long\n")
        except UnicodeDecodeError:
            self.wfile.write(b"error: this is not UTF-8\n")
        except TimeoutError:
            self.wfile.write(b"bye: idle\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 60


if __name__ == "__main__":
    with Server(("127.0.0.1", 5050), Handler) as server:
        server.serve_forever()
