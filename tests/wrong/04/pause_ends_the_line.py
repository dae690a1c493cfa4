# graded as: lines.py
# mistake: A09: a pause taken for the end of a line
# caught by: test_one_line
# fails as: wrong

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit

    def read_line(self):
        self.sock.settimeout(0.1)
        data = b""
        try:
            while True:
                piece = self.sock.recv(1024)
                if not piece:
                    break
                data += piece
        except TimeoutError:
            pass
        return data.decode() or None
