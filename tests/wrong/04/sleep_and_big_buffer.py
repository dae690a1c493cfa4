# graded as: lines.py
# mistake: A02: a pause and a big buffer bring the whole line
# caught by: test_one_line
# fails as: wrong

import time


class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit

    def read_line(self):
        time.sleep(0.1)
        data = self.sock.recv(999_999)
        if not data:
            return None
        line, _, _ = data.partition(b"\n")
        return line.decode()
