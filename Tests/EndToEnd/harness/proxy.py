"""What the reverse proxies of the tests have in common: an origin for content, logs, an end."""

from pathlib import Path

import requests

from .process import Child
from .waiting import DEADLINE_SECONDS, wait_until


class Proxy:
    """A proxy that was started with the repository's own configuration; it answers once this is made.

    With `own_origins` each content is at GUID.localhost:PORT, else all of it at 127.0.0.1:PORT.
    """

    def __init__(self, folder: Path, port: int, child: Child, own_origins: bool) -> None:
        self.folder, self.origin, self.child = folder, f"http://127.0.0.1:{port}", child
        self._name = "any.localhost" if own_origins else f"127.0.0.1:{port}"
        wait_until(self._answers, "the proxy answers")

    def _answers(self) -> bool:
        """What is no content's address is refused by the proxy itself."""
        try:
            return requests.get(self.origin, headers={"Host": self._name}, timeout=DEADLINE_SECONDS).status_code == 404
        except requests.ConnectionError:
            return False

    @property
    def logs(self) -> str:
        written = [path.read_text() for path in self.folder.glob("*.log")]
        return "\n".join([self.child.output, *written])

    def stop(self) -> None:
        self.child.stop()
