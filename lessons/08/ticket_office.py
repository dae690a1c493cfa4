"""Lesson 08: a ticket office: many clients, one table of seats."""

import socket

HOST = "127.0.0.1"
PORT = 5050
SEATS = 10


class Office:
    """The seats and who has them. Many threads may call its methods at once."""

    def __init__(self, seats=SEATS):
        self.seats = seats
        # TODO 1: what does the office have to remember about each seat?

    def buy(self, name):
        """Sell the lowest free seat and return its number; None if all are sold."""
        # TODO 2: look for a free seat, and write down whose it is now.
        # TODO 4: two threads are in here at the same moment.

    def cancel(self, name):
        """Take back the lowest seat of this name: True. Has it none: False."""
        # TODO 2 and 4 again

    def free(self):
        """Return how many seats are free."""
        # TODO 2 and 4 again


def main():
    office = Office()
    listening = socket.create_server((HOST, PORT))
    print(f"The ticket office listens on {HOST}, port {PORT}.")

    connection, address = listening.accept()
    print("A client has come from", address, "and these seats are free:", office.free())
    # TODO 3: a thread for each client, as in lesson 07; one office for all of them.
    # TODO 5: a command that is not in the contract.

    connection.close()
    listening.close()
    print("The office is closed: the TODOs in ticket_office.py say what it shall do.")


if __name__ == "__main__":
    main()
