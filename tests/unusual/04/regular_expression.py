# graded as: lines.py
# style: re, one match a line

import re

LINE = re.compile(rb"([^\n]*)\n")


class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.waiting = b""

    def read_line(self):
        found = LINE.match(self.waiting)
        while found is None:
            if len(self.waiting) > self.limit:
                raise ValueError("more than the limit")
            new = self.sock.recv(4096)
            if new == b"":
                if self.waiting == b"":
                    return None
                raise EOFError("the end came inside a line")
            self.waiting = self.waiting + new
            found = LINE.match(self.waiting)
        if found.end(1) > self.limit:
            raise ValueError("more than the limit")
        self.waiting = self.waiting[found.end() :]
        return re.sub(rb"\r\Z", b"", found[1]).decode()
