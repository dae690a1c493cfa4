# graded as: chat_server.py
# style: no lock: one thread owns the table, all others send it events through a queue
"""Lesson 09: a chat room whose table belongs to one thread."""

import queue
import re
import socket
import threading

from given_lines import LineReader

events = queue.Queue()


class Guest:
    def __init__(self, connection):
        self.connection = connection
        self.name = None
        self.lines = queue.Queue()
        self.last_words = ""

    def read(self):
        reader = LineReader(self.connection)
        try:
            while (line := reader.read_line()) is not None and line != "bye":
                events.put((self, line))
        except ValueError as error:
            self.last_words = f"error line {error}"
        except (EOFError, OSError) as error:
            print("gone:", error)
        events.put((self, None))

    def write(self):
        while (line := self.lines.get()) is not None:
            self.send(line)
        if self.last_words:
            self.send(self.last_words)
        self.connection.close()

    def send(self, line):
        try:
            self.connection.sendall(f"{line}\n".encode())
        except OSError:
            pass


class Owner:
    """Only the thread that runs this ever touches `members`."""

    def __init__(self):
        self.members = {}

    def run(self):
        while True:
            guest, line = events.get()
            if line is None:
                self.leave(guest)
            else:
                answer = self.obey(guest, line)
                if answer is not None:
                    guest.lines.put(answer)

    def tell_others(self, guest, line):
        for other in self.members.values():
            if other is not guest:
                other.lines.put(line)

    def leave(self, guest):
        if guest.name is not None:
            del self.members[guest.name]
            self.tell_others(guest, f"left {guest.name}")
        guest.lines.put(None)

    def obey(self, guest, line):
        command, *words = line.split(" ", 2)
        if (command == "hello") == (guest.name is not None):
            return "error state out of turn"
        if command == "hello":
            return self.join(guest, *([*words, "", ""][:2]))
        if command == "say" and len(line) > 4:
            self.tell_others(guest, f"said {guest.name} {line[4:]}")
            return None
        if line == "who":
            return " ".join(["here", *sorted(self.members)])
        if command != "to" or len(words) < 2 or not words[1]:
            return "error command no"
        if words[0] not in self.members:
            return "error nobody no"
        self.members[words[0]].lines.put(f"told {guest.name} {words[1]}")
        return None

    def join(self, guest, version, name):
        if version != "parley/1":
            return "error version no"
        if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
            return "error name no"
        if name in self.members:
            return "error taken no"
        if len(self.members) > 31:
            return "error full no"
        self.members[name] = guest
        guest.name = name
        self.tell_others(guest, f"joined {name}")
        return f"welcome {name}"


def main():
    threading.Thread(target=Owner().run, daemon=True).start()
    with socket.create_server(("127.0.0.1", 5050)) as listening:
        while True:
            guest = Guest(listening.accept()[0])
            threading.Thread(target=guest.write, daemon=True).start()
            threading.Thread(target=guest.read, daemon=True).start()


if __name__ == "__main__":
    main()
