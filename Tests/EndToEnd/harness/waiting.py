"""Waiting for a condition with a deadline, and ports. Tests never sleep for a guessed time."""

import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

# Long enough for a debug build on a busy machine; only a failing test ever waits this long.
DEADLINE_SECONDS = 60.0
POLL_SECONDS = 0.02


def wait_until(condition: Callable[[], Value], what: str, deadline: float = DEADLINE_SECONDS) -> Value:
    """Return the first truthy answer of `condition`; fail with `what` when the deadline passes."""
    ends = time.monotonic() + deadline
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > ends:
            raise AssertionError(f"waited {deadline} s in vain: {what}")
        pause.wait(POLL_SECONDS)


_reserved: list[socket.socket] = []


def free_port() -> int:
    """A port of 127.0.0.1 that no other program is given until `release_ports` is called.

    A socket stays bound to it and does not listen. Linux lets a server that sets SO_REUSEADDR, as all of ours do,
    listen there beside it, again and again; the kernel gives the port to nobody who asks for any port; and while no
    server listens, connections are refused.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _reserved.append(holder)
    return holder.getsockname()[1]


def release_ports() -> None:
    """Give back all ports that were reserved."""
    while _reserved:
        _reserved.pop().close()
