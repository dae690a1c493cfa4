# graded as: lines.py
# mistake: A01: one recv taken for one line
# caught by: test_one_line
# fails as: wrong

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit

    def read_line(self):
        data = self.sock.recv(1024)
        if not data:
            return None
        return data.decode().rstrip("\r\n")
