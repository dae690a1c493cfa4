# graded as: lines.py
# mistake: A04: one buffer for all readers, emptied by each new one
# caught by: test_two_readers
# fails as: wrong

waiting = []


class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        waiting.clear()

    def read_line(self):
        while 10 not in waiting:
            if len(waiting) > self.limit:
                raise ValueError("line too long")
            piece = self.sock.recv(1024)
            if not piece:
                if waiting:
                    raise EOFError("unfinished line")
                return None
            waiting.extend(piece)
        end = waiting.index(10)
        line = bytes(waiting[:end])
        del waiting[: end + 1]
        if len(line) > self.limit:
            raise ValueError("line too long")
        return line.removesuffix(b"\r").decode()
