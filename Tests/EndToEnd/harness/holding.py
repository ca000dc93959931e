"""Something happens while something slow is under way: the slow step is really held until it has happened."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TypeVar

from .waiting import DEADLINE_SECONDS, wait_until

Value = TypeVar("Value")


def overtaken(
    slow: Callable[[], Value],
    await_held: Callable[[], None],
    meanwhile: Callable[[], None],
    release: Callable[[], None],
) -> Value:
    """Start `slow`; once it is held do `meanwhile`, then let it go on; answers what it came to."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(slow)
        try:
            await_held()
            meanwhile()
        finally:
            release()
        return running.result(DEADLINE_SECONDS)


class HeldStep:
    """A step of a server that was started with GATEHOUSE_HOLD_IN: the next who reaches it waits, those after do not."""

    def __init__(self, folder: Path, step: str) -> None:
        self.file = folder / step
        self.held = folder / f"{step}.held"
        self.file.touch()

    def await_held(self) -> None:
        wait_until(self.held.exists, f"something is held at {self.file.name}")

    def release(self) -> None:
        self.file.unlink(missing_ok=True)
        self.held.unlink(missing_ok=True)


class SlowBody:
    """A request's body that stops in the middle until it is released."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._go_on = Event()

    def __iter__(self) -> Iterator[bytes]:
        half = len(self.body) // 2
        yield self.body[:half]
        self._go_on.wait(DEADLINE_SECONDS)
        yield self.body[half:]

    def release(self) -> None:
        self._go_on.set()
