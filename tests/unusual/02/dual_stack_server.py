# graded as: socket_server.py
# style: dual-stack "::" where the machine has it; recv with MSG_PEEK first; sys.exit(0)
"""A chat server for IPv4 and IPv6, that looks before it takes."""

import socket
import sys

if socket.has_dualstack_ipv6():
    listening = socket.create_server(
        ("::", 5000), family=socket.AF_INET6, dualstack_ipv6=True
    )
else:
    listening = socket.create_server(("0.0.0.0", 5000))

connection, address = listening.accept()
print(f"Connection from: [{address[0]}]:{address[1]}")
try:
    while True:
        waiting = len(connection.recv(4096, socket.MSG_PEEK))
        if waiting == 0:
            print("nothing more comes")
            break
        print("->", connection.recv(waiting).decode(), "<-")
        line = ""
        while not line:
            line = input(" -> ")
        if line.strip().lower() == "bye":
            break
        connection.sendall(line.encode())
except ConnectionError as error:
    print("the line is dead:", error)
connection.close()
listening.close()
sys.exit(0)
