# graded as: socket_server.py
# style: settimeout and a polling loop; no type hints, try/finally
"""A chat server that looks once a second whether something has come."""

import socket


def wait_for(function, *arguments):
    while True:
        try:
            return function(*arguments)
        except TimeoutError:
            continue


def main():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("localhost", 5000))
    server.settimeout(1)
    server.listen(5)
    print("waiting ...")
    client, address = wait_for(server.accept)
    client.settimeout(0.5)
    print("Connection from: ", address)
    try:
        while True:
            data = wait_for(client.recv, 1024)
            if len(data) == 0:
                print("no more data")
                break
            print("\t" + data.decode("utf8"))
            text = ""
            while len(text) == 0:
                text = input(" -> ")
            if text.upper().strip() == "BYE":
                break
            client.sendall(text.encode("utf8"))
    except OSError as error:
        print("network trouble:", error)
    finally:
        client.close()
        server.close()


main()
