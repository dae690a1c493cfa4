# graded as: socket_server.py
# style: socketserver, one handler object, handle_request() instead of serve_forever()
"""A chat server on top of socketserver."""

import socketserver


class Chat(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        host, port = self.client_address
        print("Connection from: ", host, ", port ", port, sep="")
        try:
            while data := self.request.recv(1024):
                print("<<<", data.decode("utf-8"))
                while not (line := input(" -> ")):
                    pass
                if line.casefold().split() == ["bye"]:
                    return
                self.request.sendall(line.encode("utf-8"))
            print("The client hung up.")
        except OSError as error:
            print("The client vanished:", error)


class Server(socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 1


if __name__ == "__main__":
    with Server(("localhost", 5000), Chat) as server:
        server.handle_request()
