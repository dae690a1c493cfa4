# graded as: hard_chat_server.py
# style: socketserver; one thread looks at all deadlines, once in a second
"""Lesson 12: a chat room with socketserver, and somebody who sweeps."""

import contextlib
import queue
import re
import socket
import socketserver
import sys
import threading
import time


class Room(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 100

    def __init__(self):
        self.lock = threading.RLock()
        self.visitors = set()
        self.members = {}
        self.count = 0
        super().__init__(("127.0.0.1", 5050), Visitor)
        threading.Thread(target=self.sweep, daemon=True).start()

    def verify_request(self, request, client_address):
        with self.lock:
            if self.count < 40:
                self.count += 1
                return True
        print("no room for", client_address, file=sys.stderr)
        with contextlib.suppress(OSError):
            request.sendall(b"error limit no room\n")
        return False

    def sweep(self):
        while True:
            time.sleep(1)
            with self.lock:
                for visitor in list(self.visitors):
                    visitor.check(time.monotonic())

    def tell_all(self, line, but):
        with self.lock:
            for name, visitor in self.members.items():
                if name != but:
                    visitor.tell(line)


class Visitor(socketserver.BaseRequestHandler):
    def setup(self):
        self.name = ""
        self.last_words = ""
        self.lines = queue.Queue()
        self.sending_since = None
        self.come = self.line_since = self.heard_at = time.monotonic()
        self.buffer = b""
        self.window = [0] * 2  # which second, how many lines
        self.writer = threading.Thread(target=self.write, daemon=True)
        self.writer.start()
        with self.server.lock:
            self.server.visitors.add(self)

    def stop(self, reading_only=False):
        try:
            self.request.shutdown(socket.SHUT_RD if reading_only else socket.SHUT_RDWR)
        except OSError:
            pass

    def check(self, now):
        since = self.sending_since
        if since is not None and now - since > 10:
            self.stop()
        if not self.name:
            late = now - self.come > 10
        elif self.buffer:
            late = now - self.line_since > 10
        else:
            late = now - self.heard_at > 120
        if late and not self.last_words:
            self.last_words = "error limit you are late"
            self.stop(reading_only=True)

    def tell(self, line):
        if self.lines.qsize() >= 150:
            self.stop()
        else:
            self.lines.put(line)

    def write(self):
        try:
            for line in iter(self.lines.get, None):
                self.sending_since = time.monotonic()
                self.request.sendall(f"{line}\n".encode())
                self.sending_since = None
        except OSError as error:
            print(self.name, error, file=sys.stderr)

    def handle(self):
        try:
            while not self.last_words and (data := self.request.recv(2048)):
                if not self.buffer:
                    self.line_since = time.monotonic()
                self.buffer += data
                while b"\n" in self.buffer and not self.last_words:
                    line, _, self.buffer = self.buffer.partition(b"\n")
                    self.line_since = self.heard_at = time.monotonic()
                    if not self.take(line):
                        return
                if len(self.buffer) > 1000:
                    self.last_words = "error line too long"
        except OSError as error:
            print("gone:", error, file=sys.stderr)

    def take(self, data):
        second = int(time.monotonic())
        if second != self.window[0]:
            self.window = [second, 0]
        self.window[1] += 1
        if self.window[1] > 40:
            self.last_words = "error limit calm down"
            return False
        try:
            line = data.decode()
        except UnicodeDecodeError:
            self.last_words = "error line what is this"
            return False
        if len(data) > 1000:
            self.last_words = "error line how long is this"
            return False
        line = re.sub("\r$", "", line) if line.endswith("\r") else line
        if line == "bye":
            return False
        answer = self.member(line) if self.name else self.stranger(line)
        if answer:
            self.tell(answer)
        return True

    def stranger(self, line):
        word, version, name = [*line.split(" ", 2), "", ""][:3]
        if word != "hello":
            return "error state hello?"
        if version != "parley/1":
            return "error version ?"
        if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
            return "error name ?"
        with self.server.lock:
            if name in self.server.members:
                return "error taken !"
            if len(self.server.members) >= 32:
                return "error full !"
            self.tell(f"welcome {name}")
            self.name = name
            self.server.members[name] = self
            self.server.tell_all(f"joined {name}", name)
        return None

    def member(self, line):
        word, _, rest = line.partition(" ")
        name, _, text = rest.partition(" ")
        with self.server.lock:
            if word == "hello":
                return "error state again?"
            if word == "say" and rest:
                self.server.tell_all(f"said {self.name} {rest}", self.name)
            elif word == "to" and text:
                if name not in self.server.members:
                    return "error nobody ?"
                self.server.members[name].tell(f"told {self.name} {text}")
            elif line == "who":
                return " ".join(["here", *sorted(self.server.members)])
            else:
                return "error command ?"
        return None

    def finish(self):
        if self.last_words:
            print(self.name, self.last_words, file=sys.stderr)
        with self.server.lock:
            self.server.visitors.discard(self)
            if self.name:
                del self.server.members[self.name]
                self.server.tell_all(f"left {self.name}", self.name)
        if self.last_words:
            self.lines.put(self.last_words)
        self.lines.put(None)
        self.writer.join(10)
        self.stop()
        self.request.close()
        with self.server.lock:
            self.server.count -= 1


if __name__ == "__main__":
    with Room() as room:
        room.serve_forever()
