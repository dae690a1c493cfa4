# graded as: echo_server.py
# style: socketserver with files, serve_forever and shutdown()
import socketserver
import threading


class Echo(socketserver.StreamRequestHandler):
    wbufsize = -1

    def handle(self):
        while data := self.rfile.read1(1000):
            self.wfile.write(data)
            self.wfile.flush()
        self.server.done.set()


def main():
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 5050), Echo) as server:
        server.done = threading.Event()
        loop = threading.Thread(target=server.serve_forever)
        loop.start()
        server.done.wait()
        server.shutdown()
        loop.join()


main()
