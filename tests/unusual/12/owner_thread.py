# graded as: hard_chat_server.py
# style: one thread owns the room and hears of everything through a queue; a Timer each
"""Lesson 12: a chat room that belongs to one thread. All others only carry lines."""

import contextlib
import logging
import queue
import re
import socket
import threading
import time
from collections import deque
from itertools import count

logging.basicConfig(format="%(message)s")
events = queue.Queue(1000)
numbers = count()


class Line:
    """One connection: a thread that reads, a thread that writes."""

    def __init__(self, sock):
        self.sock = sock
        self.number = next(numbers)
        self.name = None
        self.waiting = queue.Queue(100)
        self.times = deque(maxlen=31)
        self.why = None
        self.timer = None
        self.ended = False
        self.alarm(10)

    def alarm(self, seconds):
        """Only the latest alarm counts."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = threading.Timer(seconds, self.too_late)
        self.timer.daemon = True
        self.timer.start()

    def too_late(self):
        self.why = self.why or "limit too late"
        self.shut(socket.SHUT_RD)

    def shut(self, how=socket.SHUT_RDWR):
        try:
            self.sock.shutdown(how)
        except OSError:
            pass

    def tell(self, text):
        try:
            self.waiting.put_nowait(text)
        except queue.Full:
            self.shut()

    def read(self):
        buffer = b""
        try:
            while self.why is None and (data := self.sock.recv(1024)):
                if not buffer and self.name is not None:
                    self.alarm(10)
                lines = (buffer + data).split(b"\n")
                buffer = lines.pop()
                for line in lines:
                    self.take(line)
                if lines and self.name is not None:
                    self.alarm(10 if buffer else 120)
                if len(buffer) > 1000:
                    raise ValueError("line too long")
        except ValueError as error:
            self.why = str(error)
        except EOFError:
            pass
        except OSError as error:
            logging.warning("%s: %r", self.number, error)
        self.timer.cancel()
        events.put((self, None))

    def take(self, data):
        now = time.monotonic()
        self.times.append(now)
        if len(self.times) == 31 and now - self.times[0] < 1:
            raise ValueError("limit too fast")
        if len(data) > 1000:
            raise ValueError("line too long")
        try:
            line = data.decode().removesuffix("\r")
        except UnicodeDecodeError:
            raise ValueError("line no text") from None
        if line == "bye":
            raise EOFError
        done = threading.Event() if self.name is None else None
        events.put((self, line, done))
        if done is not None:
            done.wait()

    def write(self):
        self.sock.settimeout(None)
        try:
            while (text := self.waiting.get()) is not None:
                watch = threading.Timer(10, self.shut)
                watch.daemon = True
                watch.start()
                self.sock.sendall(f"{text}\n".encode())
                watch.cancel()
        except OSError as error:
            logging.warning("%s: %r", self.number, error)
        self.ended = True
        self.shut()
        self.sock.close()
        events.put((self, "", "closed"))


class Owner:
    """Nobody else touches its tables, so it needs no lock."""

    def __init__(self):
        self.members = {}
        self.connected = 0

    def run(self):
        while True:
            line, *event = events.get()
            if event == ["new"]:
                self.admit(line)
            elif event == [None]:
                self.leave(line)
            elif event[1:] == ["closed"]:
                self.connected -= 1
            else:
                text, done = event
                if answer := self.obey(line, text):
                    line.tell(answer)
                if done is not None:
                    done.set()

    def admit(self, sock):
        if self.connected >= 40:
            logging.warning("too many")
            with sock, contextlib.suppress(OSError):
                sock.sendall(b"error limit too many\n")
            return
        self.connected += 1
        line = Line(sock)
        for job in (line.read, line.write):
            threading.Thread(target=job, daemon=True).start()

    def all_but(self, line, text):
        for other in self.members.values():
            if other is not line:
                other.tell(text)

    def leave(self, line):
        if line.name is not None:
            del self.members[line.name]
            self.all_but(line, f"left {line.name}")
        if line.why:
            logging.warning("%s: %s", line.number, line.why)
            line.tell(f"error {line.why}")
        try:
            line.waiting.put_nowait(None)
        except queue.Full:
            line.shut()  # then its writing thread is done with it, and makes room
            threading.Thread(target=line.waiting.put, args=(None,), daemon=True).start()
        watch = threading.Timer(10, line.shut)
        watch.daemon = True
        watch.start()

    def obey(self, line, text):
        first, _, rest = text.partition(" ")
        second, _, last = rest.partition(" ")
        if (first == "hello") == (line.name is not None):
            return "error state no"
        if first == "hello":
            return self.join(line, second, last)
        if first == "say" and rest:
            return self.all_but(line, f"said {line.name} {rest}")
        if first == "to" and last and second in self.members:
            return self.members[second].tell(f"told {line.name} {last}")
        if first == "to" and last:
            return "error nobody no"
        return " ".join(["here", *sorted(self.members)]) if text == "who" else "error command no"

    def join(self, line, version, name):
        if version != "parley/1":
            return "error version no"
        if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
            return "error name no"
        if name in self.members or len(self.members) >= 32:
            return "error taken no" if name in self.members else "error full no"
        self.members[name] = line
        line.name = name
        line.alarm(120)
        self.all_but(line, f"joined {name}")
        return f"welcome {name}"


def main():
    threading.Thread(target=Owner().run, daemon=True).start()
    with socket.create_server(("127.0.0.1", 5050), backlog=100) as listening:
        while True:
            events.put((listening.accept()[0], "new"))


if __name__ == "__main__":
    main()
