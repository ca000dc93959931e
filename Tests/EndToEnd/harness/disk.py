"""A disk that is full."""

import contextlib
from pathlib import Path


def fill(path: Path) -> None:
    """Write until the file system takes no byte more."""
    for size in (65536, 4096, 1):
        with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * size)
