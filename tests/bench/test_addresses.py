"""Virtual addresses: the table's rules, and what a program sees of them."""

from __future__ import annotations

import errno
import itertools
import os
import re
import socket
import sys
from typing import TYPE_CHECKING

import pytest
from socklab.addresses import Addresses
from socklab.tape import text_of

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]


def bind(table: Addresses, host: str = "127.0.0.1", port: int = 5000, *, six: bool = False,
         reuse: bool = False, both: bool = False, listen: bool = False) -> str:
    """Bind, perhaps listen; return "ok" or the name of the error."""
    answer = table.bind("somebody", host, port, six, reuse, both)
    if answer[0] == "error":
        return errno.errorcode[answer[1]].removeprefix("WSA")  # Windows
    if listen:
        table.listening(answer[1], 40_000 + answer[1], port)
    return "ok"


@pytest.fixture(params=["linux", "darwin", "win32"])
def table(request: pytest.FixtureRequest) -> Addresses:
    return Addresses(platform=request.param)


# -- rules that are the same everywhere -----------------------------------------------------


def test_a_port_in_use_cannot_be_bound_again(table: Addresses) -> None:
    assert bind(table, listen=True) == "ok"
    for host in ("127.0.0.1", "localhost", socket.gethostname()):
        assert bind(table, host) == "EADDRINUSE", host
    assert bind(table, port=5001) == "ok"
    assert bind(table, "127.0.0.2") == "ok"


def test_ipv4_and_ipv6_have_ports_of_their_own(table: Addresses) -> None:
    assert bind(table, "0.0.0.0") == "ok"
    assert bind(table, "::1", six=True) == "ok"
    assert bind(table, "::1", six=True) == "EADDRINUSE"


def test_two_wildcards_of_one_family_collide(table: Addresses) -> None:
    assert bind(table, "::", six=True) == "ok"
    assert bind(table, "", six=True) == "EADDRINUSE"
    assert bind(table, "0.0.0.0") == "ok"
    assert bind(table, "") == "EADDRINUSE"


def test_hosts_elsewhere_are_not_here(table: Addresses) -> None:
    for host in ("192.168.1.5", "8.8.8.8", "example.com", "::1", "255.255.255.255"):
        assert bind(table, host) == "EADDRNOTAVAIL", host
        assert table.connect(host, 5000, False)[:2] == ("error", errno.ENETUNREACH)


def test_a_free_port_is_free_any_number_of_times(table: Addresses) -> None:
    assert bind(table, port=0) == bind(table, port=0) == "ok"


def test_only_who_listens_is_found(table: Addresses) -> None:
    number = table.bind("me", "127.0.0.1", 5000, False, False)[1]
    assert table.find("127.0.0.1", 5000) is None
    assert table.connect("127.0.0.1", 5000, False)[:2] == ("error", errno.ECONNREFUSED)
    table.listening(number, 40_000, 5000)
    for host in ("127.0.0.1", "localhost", "LOCALHOST", socket.gethostname()):
        assert table.connect(host, 5000, False) == ("ok", "127.0.0.1", 40_000, None), host
    assert [entry.port for entry in table.of("me")] == [5000] and table.of("you") == []
    assert table.find("127.0.0.2", 5000) is None
    assert table.find("::1", 5000, six=True) is None
    table.free(number, lambda: False)
    assert table.connect("127.0.0.1", 5000, False)[:2] == ("error", errno.ECONNREFUSED)


def test_the_special_address_goes_before_any(table: Addresses) -> None:
    def listen(host: str, real_port: int) -> None:
        number = table.bind(None, host, 5000, False, True)[1]
        table.listening(number, real_port, 5000)

    listen("0.0.0.0", 40_001)
    assert table.connect("127.0.0.1", 5000, False)[2] == 40_001
    if table.platform == "win32":
        listen("127.0.0.1", 40_002)
        assert table.connect("127.0.0.1", 5000, False)[2] == 40_002
        assert table.connect("127.0.0.2", 5000, False)[2] == 40_001


def test_an_ipv6_socket_for_both_families_hears_both(table: Addresses) -> None:
    answer = table.bind(None, "::", 5000, True, False, True)
    table.listening(answer[1], 40_000, 5000)
    assert answer[3] == "::ffff:127.0.0.1"
    assert table.connect("127.0.0.1", 5000, False) == ("ok", "127.0.0.1", 40_000, None)
    assert table.connect("::1", 5000, True) == ("ok", "::ffff:127.0.0.1", 40_000, None)


def test_names_become_addresses(table: Addresses) -> None:
    assert table.bind(None, "", 5003, False, False)[2] == "0.0.0.0"
    assert table.bind(None, "localhost", 5001, False, False)[2] == "127.0.0.1"
    assert table.bind(None, "localhost", 5001, True, False)[2] == "::1"
    assert table.bind(None, "", 5002, True, False)[2] == "::"


# -- rules in which the systems differ -------------------------------------------------------


def test_reuse_beside_a_listener() -> None:
    """Windows lets a second server take the port; the others do not."""
    for platform, result in (("linux", "EADDRINUSE"), ("darwin", "EADDRINUSE"), ("win32", "ok")):
        table = Addresses(platform=platform)
        bind(table, reuse=True, listen=True)
        assert bind(table, reuse=True) == result, platform
        assert bind(table, reuse=False) == "EADDRINUSE", platform


def test_restart_while_an_old_connection_lingers() -> None:
    for platform, without, with_, old_without in (
        ("linux", "EADDRINUSE", "ok", "EADDRINUSE"),
        ("darwin", "EADDRINUSE", "ok", "ok"),
        ("win32", "ok", "ok", "ok"),
    ):
        for old_reuse in (True, False):
            table = Addresses(platform=platform)
            number = table.bind(None, "127.0.0.1", 5000, False, old_reuse)[1]
            table.listening(number, 40_000, 5000)
            table.free(number, lambda: True)
            assert bind(table, reuse=False) == without, platform
            assert bind(table, reuse=True) == (with_ if old_reuse else old_without), platform


def test_a_port_is_free_again_when_its_last_connection_is_over() -> None:
    """However early its listening socket was closed."""
    table, alive = Addresses(platform="linux"), [True]
    number = table.bind(None, "127.0.0.1", 5000, False, False)[1]
    table.listening(number, 40_000, 5000)
    table.free(number, lambda: bool(alive))
    assert bind(table, reuse=False) == "EADDRINUSE"
    alive.clear()
    assert bind(table, reuse=False) == "ok"


def test_any_and_a_special_address() -> None:
    """On Windows they do not collide."""
    for platform, result in (("linux", "EADDRINUSE"), ("darwin", "EADDRINUSE"), ("win32", "ok")):
        for one, two in (("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "0.0.0.0")):
            table = Addresses(platform=platform)
            bind(table, one, listen=True)
            assert bind(table, two) == result, platform


def test_connecting_to_any() -> None:
    """0.0.0.0 means oneself, but not on Windows."""
    for platform, result in (("linux", "ok"), ("darwin", "ok"), ("win32", "error")):
        table = Addresses(platform=platform)
        bind(table, "", listen=True)
        for host in ("", "0.0.0.0"):
            assert table.connect(host, 5000, False)[0] == result, platform


def test_low_ports_need_a_privilege(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert bind(Addresses(platform="linux"), port=80) == "EACCES"
    assert bind(Addresses(platform="darwin"), port=80) == "EACCES"
    assert bind(Addresses(platform="darwin"), "0.0.0.0", port=80) == "ok"
    assert bind(Addresses(platform="win32"), port=80) == "ok"
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert bind(Addresses(platform="linux"), port=80) == "ok"


HOSTS = [("127.0.0.1", False, False), ("0.0.0.0", False, False), ("127.0.0.2", False, False),
         ("::1", True, False), ("::", True, False), ("::", True, True)]


@pytest.mark.skipif(sys.platform != "linux", reason="compares with the rules of Linux")
@pytest.mark.parametrize("one", HOSTS)
def test_the_table_says_what_the_system_says(one: tuple) -> None:
    if not _has_ipv6():
        pytest.skip("no IPv6 here")
    for two, (reuse, listen) in itertools.product(
        HOSTS, [(False, True), (True, True), (True, False), (False, False)]
    ):
        table = Addresses()
        with _bound_where_free(one, two, reuse) as first:
            port = first.getsockname()[1]
            if listen:
                first.listen()
            bind(table, one[0], port, six=one[1], both=one[2], reuse=reuse, listen=listen)
            said = bind(table, two[0], port, six=two[1], both=two[2], reuse=reuse)
            try:
                _bound(two, port, reuse).close()
                is_so = "ok"
            except OSError as error:
                is_so = errno.errorcode[error.errno or 0].removeprefix("WSA")
        assert said == is_so, (one, two, reuse, listen)


def _bound_where_free(one: tuple, two: tuple, reuse: bool) -> socket.socket:
    """Bind `one` to a port that no other program of this machine has at `two`."""
    while True:
        with _bound(two, 0, False) as probe:
            port = probe.getsockname()[1]
        try:
            return _bound(one, port, reuse)
        except OSError:
            continue  # taken at `one`: try another port


def _has_ipv6() -> bool:
    try:
        _bound(("::1", True, False), 0, False).close()
    except OSError:
        return False
    return True


def _bound(address: tuple[str, bool, bool], port: int, reuse: bool) -> socket.socket:
    host, six, both = address
    found = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
    if six:
        found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
    try:
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    return found


# -- what a program sees ---------------------------------------------------------------------


def test_a_program_sees_its_own_addresses(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        s = socket.create_server(("127.0.0.1", 5000))
        print("listens on", s.getsockname())
        c, _ = s.accept()
        print("at", c.getsockname())
    """)
    client = bench.run("""
        import socket
        s = socket.create_connection(("localhost", 5000))
        print("talks to", s.getpeername())
    """, "client.py")
    client.expect_exit(0)
    server.expect_exit(0)
    assert server.output == "listens on ('127.0.0.1', 5000)\nat ('127.0.0.1', 5000)\n"
    assert client.output == "talks to ('127.0.0.1', 5000)\n"


@pytest.mark.parametrize("host, told", [
    ("", "0.0.0.0"), ("0.0.0.0", "0.0.0.0"), ("localhost", "127.0.0.1"),
    ("127.0.0.1", "127.0.0.1"),
])
def test_a_server_may_name_its_host_in_any_way(bench: Bench, host: str, told: str) -> None:
    server = bench.serve(f"""
        import socket
        s = socket.socket()
        s.bind(({host!r}, 5000))
        s.listen()
        print(s.getsockname())
        c, _ = s.accept()
        c.sendall(b"hello")
    """)
    server.connect().expect(b"hello")
    server.expect_output(f"('{told}', 5000)")


def test_its_own_name_is_loopback(bench: Bench) -> None:
    server = bench.run("""
        import socket
        name = socket.gethostname()
        s = socket.socket()
        s.bind((name, 5000))
        s.listen()
        c = socket.create_connection((socket.gethostbyname(name), 5000))
        c2 = socket.create_connection((name, 5000))
        for c in s.accept()[0], s.accept()[0]:
            c.sendall(b"hello")
        print(c2.recv(5), socket.gethostbyname("localhost"))
    """)
    server.expect_exit(0)
    assert server.output == "b'hello' 127.0.0.1\n"


def test_the_port_may_be_any_number_that_it_may_be(bench: Bench) -> None:
    output = bench.output("""
        import socket
        def attempt(method, *address):
            try:
                getattr(socket.socket(), method)(address)
            except Exception as error:
                print(method, type(error).__name__)
        for method in "bind", "connect":
            attempt(method, "127.0.0.1", 70000)
            attempt(method, "127.0.0.1", -1)
            attempt(method, "127.0.0.1", "5000")
            attempt(method, "127.0.0.1", 5000.0)
            attempt(method, 5000, "127.0.0.1")
            attempt(method, "127.0.0.1")
    """)
    expected = ["OverflowError", "OverflowError", "TypeError", "TypeError", "TypeError",
                "TypeError"]
    assert output.split("\n")[:-1] == [
        f"{method} {name}" for method in ("bind", "connect") for name in expected]


def test_a_port_taken_twice(bench: Bench) -> None:
    output = bench.output("""
        import errno, socket
        one, two = socket.socket(), socket.socket()
        one.bind(("127.0.0.1", 5000))
        try:
            two.bind(("localhost", 5000))
        except OSError as error:
            print(errno.errorcode[error.errno], error.strerror)
        one.close()
        two.bind(("localhost", 5000))
    """)
    assert re.match(r"(WSA)?EADDRINUSE .+$", output)


def test_nobody_listens(bench: Bench) -> None:
    output = bench.output("""
        import errno, socket
        s = socket.socket()
        print(errno.errorcode[s.connect_ex(("127.0.0.1", 5000))].removeprefix("WSA"))
        try:
            socket.create_connection(("localhost", 5000))
        except ConnectionRefusedError as error:
            print("refused", error.errno == errno.ECONNREFUSED)
    """)
    assert output == "ECONNREFUSED\nrefused True\n"


def test_nothing_leaves_the_machine(bench: Bench) -> None:
    program = bench.run("""
        import errno, socket
        for host in "192.0.2.1", "10.0.0.1":
            print(errno.errorcode[socket.socket().connect_ex((host, 80))].removeprefix("WSA"))
            try:
                socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", (host, 80))
            except OSError as error:
                print(errno.errorcode[error.errno].removeprefix("WSA"))
        for name in "example.com", "python.org":
            for look_up in socket.gethostbyname, socket.gethostbyname_ex:
                try:
                    look_up(name)
                except socket.gaierror:
                    print("unknown")
            try:
                socket.create_connection((name, 80))
            except socket.gaierror:
                print("unknown")
    """)
    program.expect_exit(0)
    assert program.output.split() == ["ENETUNREACH"] * 4 + ["unknown"] * 6
    calls = [event.call for event in bench.lab.tape.events]
    assert calls.count("lookup") == 6 and calls.count("outside") == 2


def test_ipv6_loopback(bench: Bench) -> None:
    if not _has_ipv6():
        pytest.skip("no IPv6 here")
    server = bench.serve("""
        import socket
        s = socket.create_server(("::1", 5000), family=socket.AF_INET6)
        print(s.getsockname())
        while True:
            c, a = s.accept()
            print(len(a), c.getsockname())
            c.sendall(b"hello")
            c.close()
    """)
    server.connect().expect(b"hello")
    assert bench.output("""
        import errno, socket
        c = socket.create_connection(("::1", 5000))
        print(c.recv(9), c.getpeername())
        print(errno.errorcode[socket.socket().connect_ex(("127.0.0.1", 5000))].removeprefix("WSA"))
    """) == "b'hello' ('::1', 5000, 0, 0)\nECONNREFUSED\n"
    server.expect_output("('::1', 5000, 0, 0)", "4 ('::1', 5000, 0, 0)",
                         "4 ('::1', 5000, 0, 0)")


def test_one_server_for_both_families(bench: Bench) -> None:
    if not _has_ipv6() or not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    server = bench.serve("""
        import socket
        s = socket.create_server(("", 5000), family=socket.AF_INET6, dualstack_ipv6=True)
        while True:
            c, _ = s.accept()
            c.sendall(b"hello")
            c.close()
    """)
    server.connect().expect(b"hello")
    assert bench.output("""
        import socket
        for host in "127.0.0.1", "::1", "localhost":
            print(socket.create_connection((host, 5000)).recv(9))
    """) == "b'hello'\n" * 3


def test_asyncio_on_all_addresses(bench: Bench) -> None:
    """With no host it binds 0.0.0.0 and ::, each for its own family."""
    server = bench.serve("""
        import asyncio
        async def serve(reader, writer):
            writer.write(await reader.read(100))
            writer.close()
        async def main():
            async with await asyncio.start_server(serve, None, 5000) as server:
                await server.serve_forever()
        asyncio.run(main())
    """)
    peer = server.connect()
    peer.send(b"hello")
    peer.expect(b"hello")


def test_two_labs_use_the_same_port(bench: Bench) -> None:
    text = """
        import socket, sys
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        c.sendall(sys.argv[1].encode())
    """
    other = bench.new_lab()
    try:
        one = bench.serve(text, arguments=["one"])
        two = other.server("server.py", port=5000, arguments=["two"])
        one.connect().expect(b"one")
        two.connect().expect(b"two")
    finally:
        other.close()


def test_restart_after_a_stop(bench: Bench) -> None:
    """A server that is killed in mid-talk leaves its port lingering, by the system's rules."""
    text = """
        import errno, socket, sys
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, sys.argv[1] == "reuse")
        try:
            s.bind(("127.0.0.1", 5000))
        except OSError as error:
            sys.exit(errno.errorcode[error.errno].removeprefix("WSA"))
        s.listen()
        c, _ = s.accept()
        c.sendall(b"hello")
        c.recv(100)
    """
    bench.lab.addresses.platform = "linux"
    first = bench.serve(text, arguments=["reuse"])
    first.connect().expect(b"hello")
    first.stop()
    without = bench.run(text, arguments=["-"])
    without.expect_exit(1)
    assert "EADDRINUSE" in without.errors
    bench.serve(text, arguments=["reuse"]).connect().expect(b"hello")


def test_listening_without_binding(bench: Bench) -> None:
    server = bench.run("""
        import socket
        s = socket.socket()
        s.listen()
        host, port = s.getsockname()
        print(host, port > 0)
        c = socket.create_connection(("127.0.0.1", port))
        s.accept()[0].sendall(b"hello")
        print(c.recv(10))
    """)
    server.expect_exit(0)
    assert server.output == "0.0.0.0 True\nb'hello'\n"


@pytest.mark.parametrize("first", ["client", "server"])
def test_the_listening_socket_is_closed_before_the_talk(bench: Bench, first: str) -> None:
    """Whether the port is free afterwards is decided by who ends the connection first."""
    text = """
        import socket, sys
        with socket.socket() as s:
            s.bind(("127.0.0.1", 5000))
            s.listen()
            c, _ = s.accept()
        if sys.argv[1] == "client":
            c.recv(100)
        c.close()
    """
    bench.lab.addresses.platform = "linux"
    peer = bench.serve(text, arguments=[first]).connect()
    bench.lab.settle()
    peer.close()
    again = bench.run(text, arguments=[first])
    bench.lab.settle()
    assert again.running == (first == "client")
    assert (text_of(errno.EADDRINUSE) in again.errors) == (first == "server")
