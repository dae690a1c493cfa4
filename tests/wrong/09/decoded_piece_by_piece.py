# graded as: chat_server.py
# mistake: A15: each piece is decoded by itself, and a character may be cut in two
# caught by: test_broadcast
# fails as: crashed
"""Lesson 09: a chat room. It speaks Parley/1 (see PARLEY.md)."""

import re
import socket
import threading

HOST = "127.0.0.1"
PORT = 5050

members = {}  # name: connection
lock = threading.Lock()


def lines_of(connection):
    text = ""
    while piece := connection.recv(1024):
        text += piece.decode()
        *lines, text = text.split("\n")
        for line in lines:
            yield line.removesuffix("\r")


def send(connection, line):
    try:
        connection.sendall(f"{line}\n".encode())
    except OSError:
        pass  # it has gone: its own thread says goodbye


def broadcast(line, sender):
    for name, connection in members.items():
        if name != sender:
            send(connection, line)


def join(connection, version, name):
    """Return the name, or None if there was an error."""
    if version != "parley/1":
        send(connection, "error version this is parley/1")
        return None
    if not re.fullmatch("[A-Za-z0-9_-]{1,16}", name):
        send(connection, "error name please take another one")
        return None
    with lock:
        if name in members:
            send(connection, "error taken please take another one")
            return None
        if len(members) >= 32:
            send(connection, "error full please come later")
            return None
        members[name] = connection
        send(connection, f"welcome {name}")
        broadcast(f"joined {name}", name)
    return name


def leave(name):
    with lock:
        del members[name]
        broadcast(f"left {name}", name)


def obey(connection, name, line):
    command, _, rest = line.partition(" ")
    to, _, text = rest.partition(" ")
    if command == "hello":
        send(connection, "error state you are a member")
    elif command == "say" and rest:
        with lock:
            broadcast(f"said {name} {rest}", name)
    elif command == "to" and text:
        with lock:
            if to in members:
                send(members[to], f"told {name} {text}")
            else:
                send(connection, "error nobody of this name is here")
    elif line == "who":
        with lock:
            send(connection, "here " + " ".join(sorted(members)))
    else:
        send(connection, "error command say, to, who or bye")


def serve(connection):
    name = None
    try:
        for line in lines_of(connection):
            if line == "bye":
                break
            if name is not None:
                obey(connection, name, line)
            elif line.split(" ")[0] == "hello":
                version, _, wanted = line.removeprefix("hello").lstrip(" ").partition(" ")
                name = join(connection, version, wanted)
            else:
                send(connection, "error state please say hello first")
    except (OSError, EOFError):
        pass
    if name is not None:
        leave(name)
    connection.close()


def main():
    listening = socket.create_server((HOST, PORT))
    while True:
        connection, address = listening.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
