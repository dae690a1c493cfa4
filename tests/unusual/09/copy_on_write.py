# graded as: chat_server.py
# style: the table is never changed, only replaced; who speaks takes no lock
"""Lesson 09: a chat room with a table that is copied for each change."""

import collections
import re
import socket
import threading

from given_lines import LineReader


class Outbox:
    """A queue of lines, made of a deque and a Condition."""

    def __init__(self):
        self.lines = collections.deque()
        self.news = threading.Condition()

    def put(self, line):
        with self.news:
            self.lines.append(line)
            self.news.notify()

    def take_all(self):
        with self.news:
            self.news.wait_for(lambda: self.lines)
            lines = list(self.lines)
            self.lines.clear()
            return lines


class Visit(threading.Thread):
    room = {}  # name: Outbox; replaced as a whole
    changing = threading.Lock()

    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock, self.outbox, self.name_here = sock, Outbox(), None

    def write(self):
        try:
            while True:
                lines = self.outbox.take_all()
                open_end = lines[-1] is None
                text = "".join(f"{line}\n" for line in lines if line is not None)
                self.sock.sendall(text.encode())
                if open_end:
                    return
        except OSError:
            return

    def run(self):
        writer = threading.Thread(target=self.write, daemon=True)
        writer.start()
        reader = LineReader(self.sock)
        try:
            for line in iter(reader.read_line, None):
                if line == "bye":
                    break
                self.obey(line)
        except ValueError as error:
            self.outbox.put(f"error line {error}")
        except (EOFError, OSError):
            pass
        self.leave()
        self.outbox.put(None)
        writer.join()
        self.sock.close()

    def obey(self, line):
        command, _, rest = line.partition(" ")
        one, _, two = rest.partition(" ")
        me, room = self.name_here, Visit.room
        if command != "hello" and me is None or command == "hello" and me is not None:
            self.outbox.put("error state at this moment")
        elif command == "hello" and one != "parley/1":
            self.outbox.put("error version parley/1 it is")
        elif command == "hello" and not re.fullmatch(r"[A-Za-z\d_-]{1,16}", two, re.ASCII):
            self.outbox.put("error name A-Z a-z 0-9 _ -")
        elif command == "hello":
            self.join(two)
        elif command == "say" and rest:
            for name, outbox in room.items():
                if name != me:
                    outbox.put(f"said {me} {rest}")
        elif command == "to" and two and one in room:
            room[one].put(f"told {me} {two}")
        elif command == "to" and two:
            self.outbox.put("error nobody ???")
        elif line == "who":
            self.outbox.put(" ".join(["here"] + sorted(room)))
        else:
            self.outbox.put("error command ???")

    def join(self, name):
        with Visit.changing:
            if name in Visit.room:
                self.outbox.put("error taken gone")
            elif len(Visit.room) >= 32:
                self.outbox.put("error full no")
            else:
                self.outbox.put(f"welcome {name}")
                for outbox in Visit.room.values():
                    outbox.put(f"joined {name}")
                Visit.room = {**Visit.room, name: self.outbox}
                self.name_here = name

    def leave(self):
        if self.name_here is None:
            return
        with Visit.changing:
            Visit.room = {n: o for n, o in Visit.room.items() if n != self.name_here}
            for outbox in Visit.room.values():
                outbox.put(f"left {self.name_here}")


listening = socket.create_server(("127.0.0.1", 5050), backlog=5)
while True:
    Visit(listening.accept()[0]).start()
