# graded as: lines.py
# style: makefile and readline with a limit

class LineReader:
    def __init__(self, sock, limit=1000):
        self.file = sock.makefile("rb")
        self.limit = limit

    def read_line(self):
        line = self.file.readline(self.limit + 1)
        if not line:
            return None
        if not line.endswith(b"\n"):
            if len(line) > self.limit:
                raise ValueError("too long")
            raise EOFError("no newline at the end")
        return line[:-1].removesuffix(b"\r").decode("utf-8")
