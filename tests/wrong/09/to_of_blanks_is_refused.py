# graded as: chat_server.py
# mistake: F03: whether a TEXT follows is asked of strip(): blanks alone are not told
# caught by: test_direct_messages
# fails as: only_blanks
"""Lesson 09: a chat room. It speaks Parley/1 (see PARLEY.md)."""

import queue
import re
import socket
import sys
import threading

from given_lines import LineReader

HOST = "127.0.0.1"
PORT = 5050
PLACES = 32

members = {}  # name: Guest
lock = threading.Lock()  # guards members, and the order in which all hear the news


class Guest:
    """Somebody who is connected; a member of the room as soon as there is a name."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.name = None
        self.outbox = queue.SimpleQueue()

    def tell(self, line: str | None) -> None:
        """Never waits: the line goes out when this guest reads. None is the end."""
        self.outbox.put(line)

    def write(self) -> None:
        """The writing thread: the only one that sends to this guest."""
        try:
            while (line := self.outbox.get()) is not None:
                self.connection.sendall(f"{line}\n".encode())
        except OSError:
            pass  # the reading thread meets the same trouble, and reports it


def tell_others(line: str, sender: Guest) -> None:
    """To all members but one. The lock must be held."""
    for member in members.values():
        if member is not sender:
            member.tell(line)


def join(guest: Guest, version: str, name: str) -> None:
    if version != "parley/1":
        guest.tell("error version this room speaks parley/1")
        return
    if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
        guest.tell("error name 1 to 16 letters (A to Z), digits, _ or -")
        return
    with lock:  # around the look and the entry: nobody slips in between
        if name in members:
            guest.tell("error taken somebody has this name")
        elif len(members) >= PLACES:
            guest.tell("error full no place is free")
        else:
            guest.tell(f"welcome {name}")
            tell_others(f"joined {name}", guest)
            guest.name = name
            members[name] = guest


def leave(guest: Guest) -> None:
    with lock:
        if guest.name is not None:
            del members[guest.name]
            tell_others(f"left {guest.name}", guest)


def say(guest: Guest, text: str) -> None:
    with lock:
        tell_others(f"said {guest.name} {text}", guest)


def say_to(guest: Guest, name: str, text: str) -> None:
    with lock:
        if name in members:
            members[name].tell(f"told {guest.name} {text}")
        else:
            guest.tell("error nobody no member has this name")


def who(guest: Guest) -> None:
    with lock:
        guest.tell(" ".join(["here", *sorted(members)]))


def obey(guest: Guest, line: str) -> None:
    """Do what one line asks for."""
    command, _, rest = line.partition(" ")
    word, _, text = rest.partition(" ")
    if (guest.name is None) != (command == "hello"):
        guest.tell("error state say hello once, and first")
    elif command == "hello":
        join(guest, word, text)
    elif command == "say" and rest:
        say(guest, rest)
    elif command == "to" and text.strip():
        say_to(guest, word, text)
    elif line == "who":
        who(guest)
    else:
        guest.tell("error command this room knows say, to, who, bye")


def read(guest: Guest) -> None:
    """Obey the lines of this guest until it leaves, in whatever way."""
    reader = LineReader(guest.connection)
    try:
        while (line := reader.read_line()) not in (None, "bye"):
            obey(guest, line)
    except EOFError:
        pass  # the end of the stream, in the middle of a line
    except ValueError as error:
        guest.tell(f"error line {error}")
    except OSError as error:
        print(f"{guest.name} broke off: {error}", file=sys.stderr)


def serve(connection: socket.socket) -> None:
    """All about one guest, to the end. This runs in the guest's own thread."""
    guest = Guest(connection)
    writer = threading.Thread(target=guest.write, daemon=True)
    writer.start()
    try:
        read(guest)
    finally:  # on every way out, also after a mistake of ours
        leave(guest)
        guest.tell(None)
        writer.join()
        connection.close()


def main() -> None:
    listening = socket.create_server((HOST, PORT))
    print(f"The room is open on {HOST}, port {PORT}.")
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
