"""A server of tests, as the checks start, stop and kill it, and what it did to the world."""

import collections
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from mcp import StdioServerParameters


class Desk:
    """A database, the log of effects beside it, and how its server is started."""

    def __init__(self, binary):
        self.binary = binary
        self.folder = tempfile.TemporaryDirectory()
        self.db = str(Path(self.folder.name) / "desk.db")

    def words(self, *more):
        return ["--db", self.db, *more]

    def stdio(self, *more):
        return StdioServerParameters(command=self.binary, args=self.words(*more))

    def effects(self):
        """What was done and is not undone: a key that did a thing twice did it once, as for a real service."""
        log = Path(self.db + ".log")
        done, undone = collections.OrderedDict(), set()
        for line in log.read_text().splitlines() if log.exists() else []:
            what, seat, key = line.split(" ", 2)
            if what == "free":
                undone.add(key)
            else:
                done[key] = f"{what} {seat}"
        return [what for key, what in done.items() if key not in undone]

    def until(self, effects):
        """Waits until these effects are there."""
        deadline = time.monotonic() + 20
        while self.effects() != effects:
            assert time.monotonic() < deadline, f"{self.effects()} is not {effects}"
            time.sleep(0.01)


class Http:
    """A server over HTTP."""

    def __init__(self, desk, *more, addr="127.0.0.1:0"):
        self.process = subprocess.Popen(
            [desk.binary, *desk.words("--http", addr, *more)], stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().strip()
        assert self.url, "the server did not start"
        self.addr = self.url.removeprefix("http://").removesuffix("/mcp")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it by SIGTERM; returns how long that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(10)
        assert code == 0, f"the server ended with {code}"
        return time.monotonic() - began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


class Bare:
    """A server whose standard streams are sockets, as hosts written for Node connect them."""

    def __init__(self, desk, *more):
        self.ours, theirs = socket.socketpair()
        self.process = subprocess.Popen([desk.binary, *desk.words(*more)], stdin=theirs, stdout=theirs)
        theirs.close()
        self.lines = self.ours.makefile("rw")

    def send(self, line):
        self.lines.write(line + "\n")
        self.lines.flush()

    def ends(self, how):
        """Returns how long it takes to end."""
        began = time.monotonic()
        how(self)
        code = self.process.wait(10)
        assert code == 0, f"the server ended with {code}"
        return time.monotonic() - began


def closed(bare):
    bare.ours.shutdown(socket.SHUT_WR)


def terminated(bare):
    os.kill(bare.process.pid, signal.SIGTERM)
