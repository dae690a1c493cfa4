"""The teacher's room for a whole class: it can be reached from other machines.

python class_room.py [HOST] [PORT]

It writes who comes, who goes and who says what to stderr. In its terminal you type:

who          who is in the room, and from which machine
kick NAME    end the connection of this member
quit         end the room (so does the end of the input)
"""

import socket
import sys
import threading
import time

import chat_server as room


def log(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def serve(connection: socket.socket, address: str) -> None:
    """All about one guest, as in chat_server.py, with a note at both ends."""
    log(f"{address}: connected")
    try:
        room.serve(connection)
    finally:
        log(f"{address}: gone")


def obey_and_log(guest: room.Guest, line: str) -> None:
    """Do what the line asks for, and note who was behind it."""
    obey(guest, line)
    try:
        address = guest.connection.getpeername()[0]
    except OSError:
        address = "?"  # it has gone meanwhile
    log(f"{address}, {guest.name or 'a stranger'}: {line!r}")  # !r: no tricks with the screen


def accept_all(listening: socket.socket) -> None:
    while True:
        try:
            connection, address = listening.accept()
        except OSError as error:  # Windows and macOS: one who broke off in the queue
            if listening.fileno() == -1:
                return
            log(f"accept: {error}")
            continue
        threading.Thread(target=serve, args=(connection, address[0]), daemon=True).start()


def kick(name: str) -> None:
    with room.lock:
        guest = room.members.get(name)
    if guest is None:
        print("There is nobody of this name.")
        return
    log(f"{name} is sent out")  # before it is, or its thread may be the first to say so
    try:
        guest.connection.shutdown(socket.SHUT_RDWR)  # its thread sees the end, and clears up
        if sys.platform == "win32":  # there, only close() wakes the thread
            guest.connection.close()
    except OSError:
        print(f"{name} was going anyway.")


def who() -> None:
    with room.lock:
        guests = dict(sorted(room.members.items()))
    for name, guest in guests.items():
        try:
            print(name, "from", guest.connection.getpeername()[0])
        except OSError:
            print(name, "is just going")
    print(len(guests), "in the room")


def command_of_the_teacher(line: str) -> None:
    word, _, name = line.strip().partition(" ")
    if word == "kick" and name:
        kick(name)
    elif word == "who":
        who()
    elif word:
        print("who, kick NAME, quit")


obey, room.obey = room.obey, obey_and_log  # chat_server.py calls ours from now on


def main() -> None:
    host = sys.argv[1] if len(sys.argv) > 1 else "0.0.0.0"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 5050
    listening = socket.create_server((host, port))
    print(f"The room is open on {host}, port {port}. Type who, kick NAME or quit.", flush=True)
    threading.Thread(target=accept_all, args=(listening,), daemon=True).start()
    try:
        while (line := input()) != "quit":
            command_of_the_teacher(line)
    except (EOFError, KeyboardInterrupt):
        pass
    print("The room is closed.")


if __name__ == "__main__":
    main()
