# graded as: lines.py
# mistake: A15: decodes a piece that ends inside a character
# caught by: test_characters
# fails as: crashed

class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.text = ""

    def read_line(self):
        while "\n" not in self.text:
            piece = self.sock.recv(1024)
            if not piece:
                if self.text:
                    raise EOFError("unfinished line")
                return None
            self.text += piece.decode()
        line, self.text = self.text.split("\n", 1)
        return line
