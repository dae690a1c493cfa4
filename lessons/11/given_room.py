"""Given: the room of lesson 09, on your engine. All of Parley/1 is in engine.py.

One thread, run_room, has all engines and all members. So nothing here needs a lock. The
others only carry bytes: for each client one thread receives and one sends.
"""

import queue
import socket
import sys
import threading

from engine import Engine

HOST = "127.0.0.1"
PORT = 5050
PLACES = 32

inbox = queue.SimpleQueue()  # what has come: (guest, data), b"" at the end
members = {}  # name: guest


class Guest:
    """One connection, and its engine."""

    def __init__(self, connection):
        self.connection = connection
        self.engine = Engine()
        self.name = None  # until the room says welcome
        self.outbox = queue.SimpleQueue()  # bytes on their way; None is the end

    def tell(self, *command):
        self.outbox.put(self.engine.send(command))


def receive(guest):
    """The receiving thread of a guest."""
    sender = threading.Thread(target=send, args=(guest,), daemon=True)
    sender.start()
    try:
        while data := guest.connection.recv(4096):
            inbox.put((guest, data))
    except OSError as error:
        print(f"{guest.name or 'a stranger'} broke off: {error}", file=sys.stderr)
    inbox.put((guest, b""))
    sender.join()
    guest.connection.close()


def send(guest):
    """The sending thread of a guest."""
    try:
        while (data := guest.outbox.get()) is not None:
            guest.connection.sendall(data)
        guest.connection.shutdown(socket.SHUT_RDWR)  # wakes recv(); Windows: the client does
    except OSError:
        pass  # the receiving thread meets the same trouble, and reports it


def run_room():
    """The thread that owns the room: events of one guest in, commands for others out."""
    while True:
        guest, data = inbox.get()
        events = guest.engine.receive(data)
        while events:
            for event in events:
                react(guest, event)
            events = guest.engine.receive()  # what has waited behind a hello


def react(guest, event):
    match event:
        case ("hello", name):
            enter(guest, name)
        case ("say", text):
            tell_others(guest, "said", guest.name, text)
        case ("to", name, text) if name in members:
            members[name].tell("told", guest.name, text)
        case ("to", _, _):
            guest.tell("error", "nobody", "no member has this name")
        case ("who",):
            guest.tell("here", *sorted(members))
        case ("wrong", code):
            guest.tell("error", code, f"this line is wrong: {code}, see PARLEY.md")
            if code == "line":
                leave(guest)
        case ("bye",) | ("end",):
            guest.tell("close")
            leave(guest)
        case _:
            raise ValueError(f"the room knows no such event: {event}")


def enter(guest, name):
    if name in members:
        guest.tell("error", "taken", "somebody has this name")
    elif len(members) >= PLACES:
        guest.tell("error", "full", "no place is free")
    else:
        guest.tell("welcome", name)
        guest.name = name
        members[name] = guest
        tell_others(guest, "joined", name)


def leave(guest):
    guest.outbox.put(None)
    if guest.name is not None:
        del members[guest.name]
        tell_others(guest, "left", guest.name)


def tell_others(guest, *command):
    for member in members.values():
        if member is not guest:
            member.tell(*command)


def main():
    listening = socket.create_server((HOST, PORT))
    threading.Thread(target=run_room, name="room", daemon=True).start()
    print(f"The room is open on {HOST}, port {PORT}.")
    while True:
        connection, _ = listening.accept()
        guest = Guest(connection)
        threading.Thread(target=receive, args=(guest,), daemon=True).start()


if __name__ == "__main__":
    main()
