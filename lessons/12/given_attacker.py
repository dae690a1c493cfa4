"""Given: clients that mean no good, against a room on this machine.

    given_attacker.py ATTACK        endless, flood, silent, slow or crowd
"""

import select
import socket
import sys
import time

ROOM = ("127.0.0.1", 5050)
BEGUN = time.monotonic()


def connect(name=""):
    """Return a connection; with a name, one of a member."""
    connection = socket.create_connection(ROOM)
    if name:
        connection.sendall(f"hello parley/1 {name}\n".encode())
        print("<", connection.recv(100))
    return connection


def show_end(connection):
    """Print what the room says until it ends the connection."""
    while data := connection.recv(1000):
        print("<", data[-76:])
    print(f"The room has ended the connection after {time.monotonic() - BEGUN:.1f} seconds.")


def endless():
    """A line that does not end: 20 MB."""
    eve = connect("eve")
    for _ in range(20):
        eve.sendall(b"x" * 1_000_000)
    show_end(eve)


def flood():
    """Two thousand lines at once."""
    eve = connect("eve")
    eve.sendall(b"say buy my watches!\n" * 2000)
    show_end(eve)


def silent():
    """A stranger who says nothing."""
    show_end(connect())


def slow():
    """A byte in a second."""
    eve = connect()
    for byte in b"hello parley/1 eve":
        eve.sendall(bytes([byte]))
        time.sleep(1)
    show_end(eve)


def crowd():
    """A hundred connections at once."""
    everybody = [connect() for _ in range(100)]
    heard = everybody
    while heard:
        heard = select.select(everybody, [], [], 1)[0]
        for connection in heard:
            print("<", connection.recv(100))
            everybody.remove(connection)
    print(len(everybody), "of 100 have been let in.")


ATTACKS = {"endless": endless, "flood": flood, "silent": silent, "slow": slow,
           "crowd": crowd}

if __name__ == "__main__":
    attack = ATTACKS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if attack is None:
        sys.exit(f"Name an attack: {', '.join(ATTACKS)}")
    try:
        attack()
    except OSError as error:
        print(f"It broke off after {time.monotonic() - BEGUN:.1f} seconds: {error}")
