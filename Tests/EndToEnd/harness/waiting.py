"""Waiting for a condition with a deadline, and free ports. Tests never sleep for a guessed time."""

import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

# Long enough for a debug build on a busy machine; only a failing test ever waits this long.
DEADLINE_SECONDS = 20.0
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


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
