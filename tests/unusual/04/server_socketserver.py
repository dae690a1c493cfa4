# graded as: line_server.py
# style: socketserver, rfile.readline and wfile

import socketserver

LIMIT = 1000


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        print("hello,", self.client_address)
        for number, line in enumerate(iter(self.next_line, None), 1):
            try:
                text = line.removesuffix(b"\r").decode()
            except UnicodeDecodeError as error:
                self.wfile.write(b"error: %s\n" % str(error).encode())
                return
            self.wfile.write(f"{number} {text.upper()}\n".encode())

    def next_line(self):
        line = self.rfile.readline(LIMIT + 1)
        if line.endswith(b"\n"):
            return line[:-1]
        if len(line) > LIMIT:
            self.wfile.write(b"error: too long\n")
        return None


class Server(socketserver.TCPServer):
    allow_reuse_address = True


if __name__ == "__main__":
    with Server(("127.0.0.1", 5050), Handler) as server:
        server.serve_forever()
