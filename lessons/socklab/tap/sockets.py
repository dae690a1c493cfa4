"""The socket class that a student's program gets instead of ``socket.socket``.

It calls the real one.  Around each call it maps addresses (the grader keeps the table),
parks the thread while it waits, counts what passed, lays in the planned faults and puts
the call on the tape.  Datagram sockets and other families pass, on loopback only.
"""

from __future__ import annotations

import errno
import operator
import os
import socket
import stat
import sys
from collections.abc import Callable

from . import control, parking, waiting
from .streams import Listener, Room, Stream

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

Real = socket.socket
_write_now = os.write  # `stdio` replaces it
# as plain numbers: an IntFlag makes each `&` ten times slower
PEEK, WAITALL = int(socket.MSG_PEEK), int(socket.MSG_WAITALL)
DONTWAIT = int(getattr(socket, "MSG_DONTWAIT", 0))
# options that let a call wait longer or shorter than the tap can know
REAL_TIME = {getattr(socket, name) for name in ("SO_RCVTIMEO", "SO_SNDTIMEO", "SO_RCVLOWAT")
             if hasattr(socket, name)}
LITTLE = 16_384  # bytes for which there is mostly room at once
QUEUE = 128  # connections that wait for accept(), at least
INET = (socket.AF_INET, socket.AF_INET6)
# what accept() says on Windows of a client that broke off in the queue (Microsoft's accept())
GONE = (errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN)

plans: dict[int, tuple] = {}  # faults for a connection that is yet to come, by its far port
open_streams: dict[tuple[int, int], Stream] = {}  # for the answers to "are you still?"
detached: dict[int, Stream] = {}  # what a descriptor without a socket belongs to
empties: dict[tuple[str, int], int] = {}  # how often recv gave b"" after the end, by line
defaults: dict[str, int | None] = {"recv_max": None, "send_max": None}
_local = parking._thread._local()


class Whole(waiting.Call):
    """As a channel: a recv() that looks at so many bytes at once, and takes none."""

    def __init__(self, tapped: Socket, size: int) -> None:
        super().__init__(tapped, waiting.IN)
        self.size = size

    def state(self) -> tuple | None:
        state = super().state()
        if state is None or state == ():
            return state
        try:
            there = len(Real.recv(self.tapped, self.size, PEEK | DONTWAIT))
        except BlockingIOError:
            there = 0
        except OSError:
            return None
        return (*state[:-1], state[-1] + there) if there < self.size else None


class Socket(Real):
    """socket.socket, watched."""

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1,
                 fileno: int | None = None) -> None:
        super().__init__(family, type, proto, fileno)
        self.stream: Stream | None = None
        self.listener: Listener | None = None
        self._due: OSError | None = None  # an error for the next recv
        self._name: tuple | None = None  # the virtual address of this end
        self._peer: tuple | None = None  # and of the other
        self._bound: tuple | None = None  # the grader's entry, to be freed at the close
        known = waiting.by_descriptor.get(fileno) if fileno is not None else None
        waiting.by_descriptor[self.fileno()] = self
        if fileno in detached:
            self.stream = detached.pop(fileno)
            parking.untracked.remove("detach()")
        elif known is not None:
            self.stream = known.stream

    # -- addresses ---------------------------------------------------------------

    def _watched(self) -> bool:
        tcp = self.family in INET and self.type == socket.SOCK_STREAM
        return tcp and control.active and not getattr(_local, "raw", False)

    def bind(self, *arguments: Any) -> None:  # type: ignore[override]
        if len(arguments) != 1:
            super().bind(*arguments)  # raises the usual TypeError
        address = arguments[0]
        wanted = _host_and_port(address)
        if not self._watched() or wanted is None:
            if self.family in INET and wanted is not None:
                _loopback_only(wanted[0])
            super().bind(address)
            return
        if waiting.clock.real:  # somebody watches: the program's own port, but loopback only
            _loopback_only(wanted[0])
            host = "127.0.0.1" if wanted[0] in ("", "0.0.0.0") else wanted[0]
            super().bind((host, *address[1:]))
            control.event("bind", super().getsockname()[:2])
            return
        reuse = bool(self.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))
        six = self.family == socket.AF_INET6
        both = six and not self.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        answer = control.ask("bind", *wanted, six, reuse, both)
        if answer[0] == "error":
            control.event("bind", wanted, note=answer[2])
            raise _os_error(answer[1], answer[2])
        entry, host, real_host = answer[1:]
        super().bind((real_host, 0))
        self._bound = (entry, super().getsockname()[1])
        self._name = _full((host, wanted[1] or self._bound[1]), self.family)
        control.event("bind", self._name[:2])

    def listen(self, *backlog: int) -> None:
        if not self._watched():
            super().listen(*backlog)
            return
        if waiting.clock.real:
            super().listen(*backlog)
            name = self.getsockname()
            self.listener = self.listener or Listener(name[1])
            control.event("listen", name[:2], asked=backlog[0] if backlog else -1)
            return
        if self._bound is None:
            self.bind(("", 0))  # the system would take any address and port
        assert self._bound is not None and self._name is not None
        # a full queue would let a client try again after a second of real time
        super().listen(*[max(number, QUEUE) for number in backlog])
        self.listener = self.listener or Listener(self._bound[1])
        control.event("listen", self._name[:2], asked=backlog[0] if backlog else -1)
        control.ask("listening", *self._bound, self._name[1])

    def connect(self, *arguments: Any) -> None:  # type: ignore[override]
        if len(arguments) != 1:
            super().connect(*arguments)  # raises the usual TypeError
        address = arguments[0]
        begun = control.now()
        real = self._far_end(address)
        if real is None:
            super().connect(address)
            return
        if real[0].startswith("::ffff:"):  # a server for both; Windows would not let IPv6 there
            self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            super().connect(real)
        except BlockingIOError:  # on its way
            self._joined(real[1], _host_and_port(address), begun)
            raise
        except OSError as error:
            control.event("connect", _host_and_port(address) or (), note=_name_of(error))
            raise
        self._joined(real[1], _host_and_port(address), begun)

    def connect_ex(self, address: Any) -> int:
        try:
            self.connect(address)
        except BlockingIOError as error:
            return error.errno or errno.EINPROGRESS
        except OSError as error:
            if error.errno is None:
                raise
            return error.errno
        return 0

    def _far_end(self, address: Any) -> tuple | None:
        """Ask the grader where `address` really is; None: leave it to the real call."""
        wanted = _host_and_port(address)
        if not self._watched() or wanted is None or self.stream is not None:
            if self.family in INET and wanted is not None and not getattr(_local, "raw", False):
                _loopback_only(wanted[0])
            return None
        if waiting.clock.real:
            _loopback_only(wanted[0])
            return address  # type: ignore[no-any-return]
        answer = control.ask("connect", *wanted, self.family == socket.AF_INET6)
        if answer[0] == "error":
            control.event("connect", wanted, note=answer[2])
            raise _os_error(answer[1], answer[2])
        host, port, plan = answer[1:]
        if plan is not None:
            plans[port] = plan
        return (host, port)

    def _joined(self, real_port: int, wanted: tuple | None, begun: float = 0.0) -> None:
        """This socket is now one end of a connection."""
        ours = super().getsockname()[1]
        self._track(Stream(ours, real_port))
        control.tell("connected", ours, real_port)
        if wanted is not None:
            self._peer = wanted
            control.event("connect", (ours, real_port, *wanted), begun=begun)

    def _track(self, stream: Stream) -> None:
        stream.recv_max, stream.send_max = defaults["recv_max"], defaults["send_max"]
        if (plan := plans.pop(stream.key[1], None)) is not None:
            stream.plan(*plan)
        self.stream = stream
        try:  # a small second send would wait for the other side's late acknowledgement
            super().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            pass  # gone already, or not TCP
        with parking.mutex:
            open_streams[stream.key] = stream

    def accept(self) -> tuple[Socket, Any]:
        listener = self.listener
        if listener is None or not control.active:
            return super().accept()  # type: ignore[return-value]
        self._wait_if_timed(waiting.IN, "accept")
        parked = self._park("accept", waiting.Call(self, waiting.IN))
        taken = False  # somebody from the queue
        try:
            connection, address = super().accept()
            taken = True
        except OSError as error:
            taken = error.errno in GONE
            if taken:
                control.event("accept", self._channel(), note=_name_of(error))
            raise
        finally:
            with parking.mutex:
                listener.accepted += taken
                if parked:
                    parking.unpark(parked)
        assert isinstance(connection, Socket)
        # macOS gives no address for a client that was reset in the queue
        connection._track(Stream(listener.port, address[1] if address else 0))
        assert connection.stream is not None
        if self._name is not None:
            host = "::1" if connection.family == socket.AF_INET6 else "127.0.0.1"
            connection._name = _full((host, self._name[1]), connection.family)
        control.event("accept", (*connection.stream.key, self.getsockname()[1]))
        return connection, address

    def getsockname(self) -> Any:
        return self._name or super().getsockname()

    def getpeername(self) -> Any:
        real = super().getpeername()
        return real if self._peer is None else _full((real[0], self._peer[1]), self.family)

    # -- waiting -----------------------------------------------------------------

    def reading_state(self) -> tuple | None:
        """What a wait for this socket to become readable waits for (see parking)."""
        channel = self.listener or self.stream
        return None if channel is None else channel.state()

    def held(self) -> bool:
        """Does a fault hold back what the program wants to send?"""
        return self.stream is not None and self.stream.room == 0

    def writing_state(self) -> tuple | None:
        """What a wait for room to send waits for."""
        if self.held():
            return ()
        if self.stream is None or waiting.is_ready(self.fileno(), waiting.OUT):
            return None  # there is room, so the wait returns at once
        return ("full", *self.stream.key)

    def _patience(self, flags: int) -> float | None:
        """The seconds that a call may wait; MSG_DONTWAIT is asked after Python's timeout."""
        timeout = self.gettimeout()
        return 0 if timeout is None and flags & DONTWAIT else timeout

    def _park(self, call: str, channel: parking.Channel) -> parking.Park | None:
        if self.gettimeout() is not None:
            return None  # it does not block, or has waited already
        with parking.mutex:
            if self.fileno() == -1:
                return None  # it is closed: the call fails at once, so nobody waits
            return parking.park(call, (channel,))

    def setsockopt(self, *arguments: Any) -> None:  # type: ignore[override]
        super().setsockopt(*arguments)
        if arguments[:1] == (socket.SOL_SOCKET,) and arguments[1] in REAL_TIME:
            parking.untracked.append("setsockopt()")

    def _wait_if_timed(self, events: int, call: str) -> None:
        timeout = self.gettimeout()
        if not timeout or (events == waiting.IN and waiting.is_ready(self.fileno(), events)):
            return
        if not waiting.wait_for(self, events, call, timeout):
            control.event(call, self._channel(), note="TimeoutError")
            raise TimeoutError("timed out")

    def _channel(self) -> tuple:
        return self.stream.key if self.stream else (self._name or ())[1:2]

    # -- receiving ---------------------------------------------------------------

    def _read(self, call: str, asked: int, flags: int, get: Callable[[int], Any]) -> Any:
        """Receive at most `asked` bytes through `get`, which returns them or their number."""
        stream = self.stream
        if stream is None or asked <= 0 or not control.active:
            return get(asked)
        if self._due is not None:
            error, self._due = self._due, None
            raise error
        parked = None
        self._wait_if_timed(waiting.IN, call)
        if not stream.deaf and self._patience(flags) is None:
            if sys.platform == "win32" and parking.current() is not parking.main:
                # a close() by the main thread, while recv() itself waits, would be a reset:
                # github.com/libuv/libuv/issues/3034
                waiting.wait_for(self, waiting.IN, call, None)
            whole = DONTWAIT and flags & PEEK and flags & WAITALL
            parked = self._park(call, Whole(self, asked) if whole else
                                waiting.Call(self, waiting.IN))
        got: Any = None
        note = ""
        try:
            got = get(asked if flags & PEEK else stream.allowed(asked))
        except OSError as error:
            note = _name_of(error)
            raise
        finally:
            size = got if isinstance(got, int) else len(got or b"")
            again = note == "BlockingIOError"
            with parking.mutex:
                if got is not None:
                    stream.pass_bytes(size, bool(flags & PEEK))
                repeated = size == 0 and stream.ended
                if (got is not None and size == 0) or (note and not again):
                    stream.ended = True
                if parked:
                    parking.unpark(parked)
            if repeated:
                self._count_empty()
            if (got is not None or note) and not again:
                data = got if isinstance(got, bytes) else b""
                control.event(call, stream.key, size, data, note, asked)
        return got

    def _count_empty(self) -> None:
        file, line, _ = parking.place()
        empties[file, line] = empties.get((file, line), 0) + 1

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        if flags & WAITALL and not flags & PEEK:
            return self._all_of(bufsize, flags & ~WAITALL)
        return self._read("recv", bufsize, flags, lambda n: Real.recv(self, n, flags))

    def _all_of(self, size: int, flags: int) -> bytes:
        parts: list[bytes] = []
        try:
            while size > 0 and (part := self.recv(size, flags)):
                parts.append(part)
                size -= len(part)
        except OSError as error:
            if not parts:
                raise
            # what has come is given first, the error next time, as the system does it
            if not isinstance(error, (BlockingIOError, TimeoutError)):
                self._due = error
        return b"".join(parts)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        # an error keeps its frames, and a view in one of them would keep a bytearray's length
        with memoryview(buffer).cast("B") as view:
            if self.stream is None or nbytes < 0 or nbytes > view.nbytes:
                return super().recv_into(buffer, nbytes, flags)  # with its usual errors
            room = nbytes or view.nbytes
            if flags & WAITALL and not flags & PEEK:
                data = self._all_of(room, flags & ~WAITALL)
                view[: len(data)] = data
                return len(data)
            return self._into(view, room, flags)

    def _into(self, view: memoryview, room: int, flags: int) -> int:
        seen = bytearray()

        def get(n: int) -> int:
            size = Real.recv_into(self, view[:n] if n else view, n, flags)
            seen.extend(view[: min(size, 400)])
            return size

        return self._read("recv_into", room, flags, get)

    def recvfrom(self, bufsize: int, flags: int = 0) -> tuple[bytes, Any]:
        if self.stream is None:
            return super().recvfrom(bufsize, flags)
        return self.recv(bufsize, flags), None

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        if self.stream is None:
            return super().recvfrom_into(buffer, nbytes, flags)
        return self.recv_into(buffer, nbytes, flags), None

    def recvmsg(self, bufsize: int, ancbufsize: int = 0, flags: int = 0) -> Any:
        if self.stream is None:
            return super().recvmsg(bufsize, ancbufsize, flags)  # type: ignore
        return self.recv(bufsize, flags), [], 0, None

    def recvmsg_into(self, buffers: Any, ancbufsize: int = 0, flags: int = 0) -> Any:
        if self.stream is None:
            return super().recvmsg_into(buffers, ancbufsize, flags)  # type: ignore
        first = next(b for b in buffers if memoryview(b).nbytes)
        return self.recv_into(first, 0, flags), [], 0, None

    # -- sending -----------------------------------------------------------------

    def _write(self, view: memoryview, flags: int, most: int | None) -> int:
        """Send some of `view`, at most `most` bytes, as the faults allow."""
        stream = self.stream
        assert stream is not None
        timeout = self._patience(flags)
        self._wait_for_room(stream, timeout)
        sizes = [n for n in (view.nbytes, most, stream.room) if n is not None]
        with view[: min(sizes)] as part:
            return self._write_part(part, flags, timeout)

    def _write_part(self, view: memoryview, flags: int, timeout: float | None) -> int:
        sent = 0
        if timeout != 0 and 0 < view.nbytes <= LITTLE and not flags:
            sent = self._counted(lambda: self._send_at_once(view, timeout))
            if sent and (sent == view.nbytes or timeout is not None):
                return sent
        self._wait_if_timed(waiting.OUT, "send")
        parked = self._park("send", Room(self)) if timeout is None else None
        return sent + self._counted(lambda: Real.send(self, view[sent:], flags), parked)

    def _counted(self, send: Callable[[], int], parked: parking.Park | None = None) -> int:
        stream, sent = self.stream, 0
        assert stream is not None
        stream.sending += 1
        try:
            sent = send()
        except OSError as error:
            # macOS, now and then, in the moment of a reset: github.com/python/cpython/issues/77631
            if error.errno == errno.EPROTOTYPE:
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from None
            raise
        finally:
            with parking.mutex:
                stream.sending -= 1
                stream.sent += sent
                if stream.room is not None:
                    stream.room -= sent
                if parked:
                    parking.unpark(parked)
        return sent

    def _send_at_once(self, view: memoryview, timeout: float | None) -> int:
        """Send what there is room for, which is no wait; 0 if the system knows no such way."""
        try:
            if timeout is not None:
                # send() would look first whether there is room, and wait for it in real time
                return 0 if sys.platform == "win32" else _write_now(self.fileno(), view)
            # macOS takes the flag, and waits (XNU, bsd/kern/uipc_socket.c, sosendcheck)
            return Real.send(self, view, DONTWAIT) if sys.platform == "linux" else 0
        except BlockingIOError:
            return 0

    def _wait_for_room(self, stream: Stream, timeout: float | None) -> None:
        while stream.room == 0:
            with parking.mutex:
                if stream.room != 0:
                    return
                if timeout == 0:
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                deadline = None if timeout is None else waiting.clock.elapsed() + timeout
                parked = parking.park("send", (Room(self),), deadline)
                stream.blocked.append(parked)
            waiting.clock.wait(parked)
            if parked.fired:
                raise TimeoutError("timed out")

    def _send(self, call: str, data: Any, flags: int, whole: bool) -> int:
        assert self.stream is not None
        done, note, begun = 0, "", control.now()
        with memoryview(data).cast("B") as view:
            try:
                while True:
                    most = None if whole else self.stream.send_max
                    with view[done:] as rest:
                        done += self._write(rest, flags, most)
                    if not whole or done >= view.nbytes:
                        return done
            except OSError as error:
                note = _name_of(error)
                raise
            finally:
                if done < view.nbytes:
                    self.stream.room_told = False
                if note != "BlockingIOError":
                    shown = bytes(view[: min(done, 400)])
                    control.event(call, self.stream.key, done, shown, note, view.nbytes, begun)

    def send(self, data: Any, flags: int = 0) -> int:
        if self.stream is None or not control.active or not _is_bytes(data):
            return super().send(data, flags)
        return self._send("send", data, flags, whole=False)

    def sendall(self, data: Any, flags: int = 0) -> None:
        if self.stream is None or not control.active or not _is_bytes(data):
            super().sendall(data, flags)
        else:
            self._send("sendall", data, flags, whole=True)

    def sendmsg(self, buffers: Any, *rest: Any) -> int:
        if self.stream is None or (rest and rest[0]):
            return super().sendmsg(buffers, *rest)  # type: ignore
        joined = b"".join(bytes(memoryview(b).cast("B")) for b in buffers)
        return self._send("sendmsg", joined, rest[1] if len(rest) > 1 else 0, whole=False)

    def sendto(self, data: Any, *rest: Any) -> int:
        if self.stream is not None:
            return self.send(data, rest[0] if len(rest) > 1 else 0)
        wanted = _host_and_port(rest[-1] if rest else None)
        if self.family in INET and wanted is not None:
            _loopback_only(wanted[0])
        return super().sendto(data, *rest)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        if hasattr(os, "sendfile") and _is_on_disk(file):
            file.seek(offset)  # os.sendfile() does not go by the file's own position
        return self._sendfile_use_send(file, offset, count)  # type: ignore[attr-defined]

    # -- the end -----------------------------------------------------------------

    def shutdown(self, how: int) -> None:
        super().shutdown(how)
        if self.stream is not None and how != socket.SHUT_RD:
            self.stream.set_room(None)  # a send that waits in another thread fails now
        with parking.mutex:
            if how != socket.SHUT_WR:
                self._shut_reading()
            if self.stream is not None and how != socket.SHUT_RD:
                self.stream.sent_end = True
        control.event("shutdown", self._channel(), asked=how)

    def _shut_reading(self) -> None:
        """No recv waits from now on; but on Windows, one that waits already goes on."""
        for end in (self.stream, self.listener):
            if end is not None:
                # github.com/python/cpython/issues/91913
                end.ended = end.ended or sys.platform != "win32"
        if self.stream is not None:
            self.stream.deaf = True

    def close(self) -> None:
        kept = not self._closed and self._io_refs > 0  # type: ignore[attr-defined]
        super().close()
        if kept and self.stream is not None:  # by the files of makefile()
            control.event("kept open", self._channel())

    def _real_close(self, *args: Any) -> None:
        self.note_close()
        super()._real_close(*args)  # type: ignore[misc]

    def note_close(self, by_python: int = 0) -> None:
        descriptor = self.fileno()
        if descriptor == -1:
            return
        if waiting.by_descriptor.get(descriptor) is self:
            del waiting.by_descriptor[descriptor]
        if self.stream is not None:
            if self.stream.closed:
                return  # through another socket object with this descriptor
            with parking.mutex:
                self.stream.owners -= 1
                self.stream.closed = self.stream.owners == 0
            if not self.stream.closed:
                return
        if self.stream is not None or self.listener is not None:
            control.event("close", self._channel(), asked=by_python)
        if self._bound is not None:
            control.tell("free", *self._bound)
            self._bound = None

    def __del__(self) -> None:
        self.note_close(by_python=1)
        super().__del__()  # type: ignore[misc]  # the C socket closes without close()

    def detach(self) -> int:
        if self.stream is not None or self.listener is not None:
            parking.untracked.append("detach()")
        if self.stream is not None:  # until a socket is made of it again
            detached[self.fileno()] = self.stream
        waiting.by_descriptor.pop(self.fileno(), None)
        return super().detach()

    def dup(self) -> Socket:
        copy: Socket = super().dup()  # type: ignore[assignment]
        if self.listener is not None:
            parking.untracked.append("dup()")  # a close of one would not end the other
        if self.stream is not None:
            with parking.mutex:
                self.stream.owners += 1
        copy.stream, copy.listener = self.stream, self.listener
        copy._name, copy._peer = self._name, self._peer
        return copy


def _is_on_disk(file: Any) -> bool:
    """May the system send from this file by itself?"""
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (AttributeError, OSError):
        return False


def tap_fromfd(fd: int, *rest: Any) -> Any:
    """Like socket.fromfd; of a socket that we know it is a dup()."""
    known = waiting.by_descriptor.get(fd)
    return known.dup() if known is not None else _fromfd(fd, *rest)


def _host_and_port(address: Any) -> tuple[str, int] | None:
    """Return (host, port), or None if the real call should complain about `address`."""
    if not isinstance(address, tuple) or not 2 <= len(address) <= 4:
        return None
    host = address[0].decode() if isinstance(address[0], (bytes, bytearray)) else address[0]
    try:
        port = operator.index(address[1])
    except TypeError:
        return None
    return (host, port) if isinstance(host, str) and 0 <= port <= 65535 else None


def _full(address: tuple, family: int) -> tuple:
    return address if family == socket.AF_INET else (*address, 0, 0)


def _is_bytes(data: Any) -> bool:
    try:
        memoryview(data)
    except TypeError:
        return False
    return True


def _name_of(error: OSError) -> str:
    return type(error).__name__


def _os_error(number: int, text: str) -> OSError:
    """The error that the system would raise, with its own text."""
    if sys.platform == "win32":
        windows = {errno.ECONNREFUSED: 10061, errno.EADDRINUSE: 10048,
                   errno.EADDRNOTAVAIL: 10049, errno.ENETUNREACH: 10051,
                   errno.EACCES: 10013}
        return OSError(number, text, None, windows.get(number))
    return OSError(number, os.strerror(number))


# -- names: nothing but loopback ------------------------------------------------------

_fromfd = socket.fromfd
_getaddrinfo, _gethostbyname = socket.getaddrinfo, socket.gethostbyname
_own_names = {"", "localhost", "localhost.", "ip6-localhost", "0.0.0.0", "::", "::1",
              "127.0.0.1"}


def _loopback(host: Any) -> str | None:
    """Return what `host` means on this machine, or None if it is somewhere else."""
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    if host is None or host in _own_names or str(host).startswith("127."):
        return host
    return "127.0.0.1" if host == socket.gethostname() else None


def _loopback_only(host: str) -> None:
    if _loopback(host) is None and host != "255.255.255.255":
        control.event("outside", (host,))
        raise _os_error(errno.ENETUNREACH, "Network is unreachable")


def _refuse_name(host: Any) -> None:
    control.event("lookup", (str(host),))
    words = {"win32": "getaddrinfo failed",
             "darwin": "nodename nor servname provided, or not known"}
    raise socket.gaierror(socket.EAI_NONAME, words.get(sys.platform, "Name or service not known"))


def tap_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    """Like socket.getaddrinfo, for names of this machine alone."""
    found = _loopback(host)
    if found is None and host is not None:
        _refuse_name(host)
    if found in _own_names and found:  # as a str it would be encoded by a slow import (idna)
        return _getaddrinfo(found.encode(), *args, **kwargs)
    return _getaddrinfo(found, *args, **kwargs)


def tap_gethostbyname(hostname: str) -> str:
    """Like socket.gethostbyname, for names of this machine alone."""
    found = _loopback(hostname)
    if found is None:
        _refuse_name(hostname)
    return _gethostbyname(found)  # type: ignore[arg-type]


def _tap_socketpair() -> None:
    real_pair = socket.socketpair

    def socketpair(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        _local.raw = True  # on Windows it binds and connects: leave that alone
        try:
            one, two = real_pair(*args, **kwargs)
        finally:
            _local.raw = False
        if isinstance(one, Socket) and isinstance(two, Socket):
            one.stream, two.stream = Stream(0, 0), Stream(0, 0)
            one.stream.other, two.stream.other = two.stream, one.stream
        return one, two

    socket.socketpair = socketpair


def install() -> None:
    """Replace the socket class and the name look-ups of the socket module."""
    for name in ("sendmsg", "recvmsg", "recvmsg_into"):
        if not hasattr(Real, name):  # Windows; asyncio looks whether it is there
            delattr(Socket, name)
    Socket.__name__ = Socket.__qualname__ = "socket"  # error messages name it as usual
    Socket.__module__ = "socket"
    socket.socket = Socket  # type: ignore[misc]
    socket.fromfd = tap_fromfd  # type: ignore[assignment]
    socket.getaddrinfo = tap_getaddrinfo
    socket.gethostbyname = tap_gethostbyname
    socket.gethostbyname_ex = lambda name: (name, [], [tap_gethostbyname(name)])
    _tap_socketpair()
