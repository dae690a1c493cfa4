# graded as: echo_client.py
# style: tries to connect for some seconds; reads byte by byte; class
import socket
import sys
import time


class Client:
    def __init__(self):
        self.sock = None

    def connect(self, tries=5):
        for attempt in range(1, tries + 1):
            self.sock = socket.socket()
            if self.sock.connect_ex(("localhost", 5050)) == 0:
                print("Connected.\n")
                return True
            self.sock.close()
            print(f"try {attempt} failed")
            time.sleep(1)
        return False

    def line(self):
        data = []
        while not data or data[-1] != b"\n":
            byte = self.sock.recv(1)
            if not byte:
                raise EOFError("the server has left")
            data.append(byte)
        return b"".join(data[:-1]).decode("utf-8")

    def run(self):
        for typed in iter(self.ask, ""):
            rest = (typed + chr(10)).encode("utf-8")
            while rest:
                rest = rest[self.sock.send(rest) :]
            sys.stdout.write(f"\r\n[{self.line()}]\r\n")
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    @staticmethod
    def ask():
        try:
            return input()
        except EOFError:
            return ""


if __name__ == "__main__":
    client = Client()
    if not client.connect():
        sys.stderr.write("I have tried five times: no server.\n")
        sys.exit(1)
    try:
        client.run()
    except (EOFError, ConnectionError) as error:
        sys.stderr.write(f"The talk is over: {error}.\n")
        sys.exit(1)
