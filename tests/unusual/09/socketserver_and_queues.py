# graded as: chat_server.py
# style: socketserver, rfile and wfile, a queue and a writing thread for each client
"""Lesson 09: a chat room with socketserver."""

import queue
import re
import socketserver
import sys
import threading


class Room(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 50

    def __init__(self, address):
        super().__init__(address, Visitor)
        self.lock = threading.RLock()
        self.queues = {}

    def tell_all(self, line, but):
        with self.lock:
            for name, waiting in self.queues.items():
                if name != but:
                    waiting.put(line)


class Visitor(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        self.waiting = queue.Queue()
        self.name = ""
        self.writer = threading.Thread(target=self.write)
        self.writer.start()

    def write(self):
        for line in iter(self.waiting.get, None):
            try:
                self.wfile.write(f"{line}\n".encode())
            except OSError:
                break

    def handle(self):
        try:
            while (data := self.rfile.readline(1001)).endswith(b"\n"):
                line = re.sub("\r?\n$", "", data.decode())
                if line == "bye":
                    return
                answer = self.hello(line) if not self.name else self.member(line)
                if answer:
                    self.waiting.put(answer)
            if len(data) > 1000:
                self.waiting.put("error line too long")
        except UnicodeDecodeError:
            self.waiting.put("error line not UTF-8")
        except ConnectionError as error:
            print(error)

    def hello(self, line):
        word, _, rest = line.partition(" ")
        version, _, name = rest.partition(" ")
        if word != "hello":
            return "error state who are you?"
        if version != "parley/1":
            return "error version another one"
        if re.fullmatch("[A-Za-z0-9_-]{1,16}", name) is None:
            return "error name bad"
        with self.server.lock:
            if name in self.server.queues:
                return "error taken bad luck"
            if len(self.server.queues) >= 32:
                return "error full bad luck"
            self.waiting.put(f"welcome {name}")
            self.server.queues[name] = self.waiting
            self.server.tell_all(f"joined {name}", name)
        self.name = name
        return None

    def member(self, line):
        word, _, rest = line.partition(" ")
        if word == "hello":
            return "error state hello again"
        if word == "say" and rest:
            self.server.tell_all(f"said {self.name} {rest}", self.name)
            return None
        if line == "who":
            with self.server.lock:
                return "here " + " ".join(sorted(self.server.queues))
        name, _, text = rest.partition(" ")
        if word != "to" or not text:
            return "error command no such thing"
        with self.server.lock:
            if name not in self.server.queues:
                return "error nobody no such member"
            self.server.queues[name].put(f"told {self.name} {text}")
        return None

    def finish(self):
        if self.name:
            with self.server.lock:
                del self.server.queues[self.name]
                self.server.tell_all(f"left {self.name}", self.name)
        self.waiting.put(None)
        self.writer.join()
        super().finish()


if __name__ == "__main__":
    with Room(("127.0.0.1", 5050)) as room:
        room.serve_forever()
