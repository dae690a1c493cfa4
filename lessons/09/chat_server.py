"""Lesson 09: a chat room. It speaks Parley/1 (see PARLEY.md)."""

import socket

from given_lines import LineReader

HOST = "127.0.0.1"
PORT = 5050
PLACES = 32

members = {}  # TODO 5: who is in the room? What do you need to know of each of them?

# The functions are a proposal: give them other parameters, or make others.


def join(connection, name):
    """Somebody would like to come in under this name. Say whether it worked."""
    # TODO 5: say welcome, and tell all the others.
    # TODO 11: the name may be taken, or not a name, or the room may be full.
    # TODO 12: somebody else asks for the same name in the same moment.


def leave(name):
    """A member has gone, in whatever way."""
    # TODO 6: the name is free again, and all the others hear left.


def obey(name, line):
    """Do what one line of a member asks for."""
    # TODO 7: say.
    # TODO 10: to and who.
    # TODO 11: anything else.


def main():
    listening = socket.create_server((HOST, PORT))
    print(f"The room is open on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A stranger has come from", address)
    reader = LineReader(connection)
    print("It says", reader.read_line())
    # TODO 4: a thread for each client, as in lesson 07; it reads until bye, or until
    # its client has gone in another way.
    # TODO 11: a stranger may say hello, with the right version, and bye, nothing else.
    # And what if read_line() does not like a line (error line)?
    # TODO 12: a client that reads nothing should hold up nobody but itself.

    connection.close()
    listening.close()
    print("The room is closed: the TODOs in chat_server.py say what it shall do.")


if __name__ == "__main__":
    main()
