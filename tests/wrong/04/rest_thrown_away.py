# graded as: lines.py
# mistake: A04: the buffer is local, the rest is lost
# caught by: test_lines_in_one_segment
# fails as: still

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit

    def read_line(self):
        data = b""
        while b"\n" not in data:
            piece = self.sock.recv(1024)
            if not piece:
                if data:
                    raise EOFError("unfinished line")
                return None
            data += piece
        return data.split(b"\n")[0].decode()
