# graded as: lines.py
# style: a generator behind read_line

def all_lines(sock, limit):
    rest = b""
    while piece := sock.recv(300):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if len(line) > limit:
                raise ValueError("a line is too long")
            if line[-1:] == b"\r":
                line = line[:-1]
            yield line.decode()
        if len(rest) > limit:
            raise ValueError("a line is too long and has no end yet")
    if rest:
        raise EOFError("the last line has no end")


class LineReader:
    def __init__(self, sock, limit=1000):
        self.lines = all_lines(sock, limit)

    def read_line(self):
        return next(self.lines, None)
