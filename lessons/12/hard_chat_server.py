"""Lesson 12: your chat room of lesson 09, for clients that mean no good."""

import socket

HOST = "127.0.0.1"
PORT = 5050

LINE = 1000  # bytes before the newline
LINES = 30  # lines of one client in a second
HELLO = 10  # seconds from connecting to welcome
WHOLE = 10  # seconds from the first byte of a line to its newline
SILENCE = 120  # seconds from one line of a member to the next
WAITING = 100  # lines that wait for one client
TAKING = 10  # seconds in which a client takes what is due
PLACES = 32  # members
CONNECTIONS = 40  # members and strangers

# TODO 1: bring your chat_server.py of lesson 09. (given_lines.py is here as well.)


def read_line(connection):
    """Return the next line of this client."""
    # TODO 2: no more than LINE bytes wait for a newline.
    # TODO 3: a deadline for the whole line. What if only one byte comes each second?
    # TODO 4: count the lines of each second.


def tell(client, line):
    """Let a client hear a line, without waiting for it."""
    # TODO 5: how many lines wait for this client already? And since when?


def main():
    listening = socket.create_server((HOST, PORT))
    print(f"The room listens on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A client has come from", address)
    # TODO 6: how many are connected? What does one too many hear?
    # TODO 7: whom the room ends, it reports on stderr.

    connection.close()
    listening.close()
    print("The room is closed: the TODOs in hard_chat_server.py say what it shall do.")


if __name__ == "__main__":
    main()
