"""The process between the grader and the students' programs: starts and ends them.

    python -S warden.py PORT TOKEN [NAME ...]

It is the parent of every program, so a program that kills its parent does not kill the
grader.  It ends each program with all that the program has started, whatever that does
with signals, and it ends everything when the grader is gone.  The first spares, the NAMEs,
it starts without being asked.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from socklab import killing, wire  # noqa: E402

TAP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tap", "__main__.py")


class Warden:
    """Carries out the grader's orders, which come over one loopback connection."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.link = socket.socket()
        self.link.connect(("127.0.0.1", port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lock = threading.Lock()
        self.fences: dict[str, killing.Fence] = {}
        self.adopts = False
        self.tell("hello", token, os.getpid(), "")

    def tell(self, *values: object) -> None:
        try:
            with self.lock:
                self.link.sendall(wire.encode(*values))
        except OSError:
            pass  # the grader is gone; serve() sees it too

    def serve(self) -> None:
        """Take orders until the grader ends the connection, then end every program."""
        buffer = bytearray()
        try:
            while data := self.link.recv(65536):
                buffer.extend(data)
                for order, *values in wire.split(buffer):
                    getattr(self, order)(*values)
        except OSError:
            pass
        for fence in list(self.fences.values()):
            fence.kill()

    def spawn(self, name: str) -> None:
        """Start a spare inside a fence of its own; its end is told as ("exited", ...)."""
        environment = {**os.environ, "SOCKLAB_PROGRAM": name}
        # without a cache of its own modules the tap would be compiled at each start
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-S", "-P", TAP, str(self.port), name]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=environment, **killing.OWN_GROUP,
            )
        except OSError as error:
            self.tell("not spawned", name, str(error))
            return
        self.fences[name] = killing.Fence(process, name)
        if not self.adopts:  # the first program takes its time to start: use it
            self.adopts = True
            threading.Thread(target=killing.adopt_orphans, daemon=True).start()
        threading.Thread(target=self.wait, args=(name, process), daemon=True).start()

    def wait(self, name: str, process: subprocess.Popen) -> None:
        status = process.wait()
        self.tell("exited", name, status)

    def kill(self, name: str, thorough: bool) -> None:
        """End a program with all its children; `thorough` also looks for strays."""
        fence = self.fences.pop(name, None)
        strays = fence.kill(thorough) if fence else 0
        self.tell("killed", name, strays)

    def count(self, name: str) -> None:
        """Tell how many processes are alive inside a program's fence."""
        fence = self.fences.get(name)
        self.tell("count", name, len(fence.members()) if fence else 0)


if __name__ == "__main__":
    if sys.platform == "darwin":  # a terminal allows 256 open files; some of them are the tap's
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(1024, hard)), hard))
    warden = Warden(int(sys.argv[1]), sys.argv[2])
    for name in sys.argv[3:]:
        warden.spawn(name)
    warden.serve()
    os._exit(0)  # at once: the grader waits for it
