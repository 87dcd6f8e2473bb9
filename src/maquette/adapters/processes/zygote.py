"""The server that worker processes are forked from: one thread, the heavy imports done, nothing else.

Run as ``python -m maquette.adapters.processes.zygote CONFIG`` by ``forked``. It serves one control socket. When that
socket ends, because the service closed it or died, every child is killed and the zygote ends as well.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass, field
from typing import Any

from maquette.adapters.processes.child import work
from maquette.adapters.processes.wire import line

_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in one unit of ``ru_maxrss``."""


@dataclass(slots=True)
class _Child:
    number: int
    told: socket.socket


@dataclass(slots=True)
class _Zygote:
    control: socket.socket
    threads: int
    children: dict[int, _Child] = field(default_factory=dict[int, _Child])
    """By process id."""
    sockets: list[int] = field(default_factory=list[int])
    """Received with messages that are not complete yet."""
    unread: bytes = b""
    alarm: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)
    """Where the death of a child is read, and where the signal handler writes it."""

    def serve(self) -> None:
        """Forks and kills on demand until the control socket ends."""
        woken, wake = self.alarm
        wake.setblocking(False)
        signal.signal(signal.SIGCHLD, _wake_up)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        while True:
            ready, _, _ = select.select([self.control, woken], [], [])
            if woken in ready:
                woken.recv(4096)
                self.reap()
            if self.control in ready and not self.read():
                break
        for pid in self.children:
            _kill(pid)
            os.waitpid(pid, 0)

    def read(self) -> bool:
        """Obeys what has arrived; False at the end of the control socket."""
        data, sockets, _, _ = socket.recv_fds(self.control, 65536, 64)
        self.sockets += sockets
        *lines, self.unread = (self.unread + data).split(b"\n")
        for text in lines:
            self.obey(json.loads(text))
        return bool(data)

    def obey(self, message: dict[str, Any]) -> None:
        if "start" in message:
            talk, told, *self.sockets = self.sockets
            self.fork(message, socket.socket(fileno=talk), socket.socket(fileno=told))
        else:
            for pid, child in self.children.items():
                if child.number == message["kill"]:
                    _kill(pid)

    def fork(self, message: dict[str, Any], talk: socket.socket, told: socket.socket) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            # nothing of the zygote's may live on here: a socket held open would hide that its owner has died
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setpgid(0, 0)
            for held in (self.control, *self.alarm, told, *(child.told for child in self.children.values())):
                held.close()
            for held in self.sockets:
                os.close(held)
            work(talk, parent, message["memory"], message["cpu"], self.threads)
        talk.close()
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # the child does it too: whoever is first, the group exists when it is needed
        self.children[pid] = _Child(message["start"], told)
        with contextlib.suppress(OSError):
            told.sendall(line(pid=pid))

    def reap(self) -> None:
        """Tells of every child that has died, after killing whatever it left behind in its group."""
        for pid in list(self.children):
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if not done:
                continue
            _kill(pid)
            told = self.children.pop(pid).told
            took = usage.ru_utime + usage.ru_stime
            with told, contextlib.suppress(OSError):
                told.sendall(line(status=status, cpu=round(took, 3), peak=usage.ru_maxrss * _MEMORY_UNIT))


def _wake_up(_signal: int, _frame: object) -> None:
    """A signal without a handler would not write to the wake-up socket."""


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _preload(modules: list[str], control: socket.socket) -> bool:
    """Imports what is installed of ``modules``; False when the service has gone meanwhile."""
    for module in modules:
        if select.select([control], [], [], 0)[0] and not control.recv(1, socket.MSG_PEEK):
            return False
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # the collector would otherwise touch, and so copy, every page that the children share
    return True


def main() -> None:
    """Serves the control socket that the configuration names."""
    config = json.loads(sys.argv[1])
    sys.path[:] = config["path"]
    with socket.socket(fileno=config["control"]) as control:
        if _preload(config["preload"], control):
            _Zygote(control, config["threads"]).serve()


if __name__ == "__main__":
    main()
