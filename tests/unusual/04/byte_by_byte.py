# graded as: lines.py
# style: recv(1): no buffer at all, slow and right

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit

    def read_line(self):
        line = b""
        for byte in iter(lambda: self.sock.recv(1), b""):
            if byte == b"\n":
                if line[-1:] == b"\r":
                    line = line[:-1]
                return str(line, "utf-8")
            line += byte
            if len(line) > self.limit:
                raise ValueError("Zeile zu lang: über dem Limit")
        if line != b"":
            raise EOFError
