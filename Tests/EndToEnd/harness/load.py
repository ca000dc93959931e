"""Clients that ask without a pause over keep-alive connections, and note whatever is not answered with 200."""

import http.client
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

Ask = Callable[[http.client.HTTPConnection], http.client.HTTPResponse]


def get(path: str) -> Ask:
    def ask(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        connection.request("GET", path)
        return connection.getresponse()

    return ask


def post(path: str, body: str, headers: dict[str, str]) -> Ask:
    def ask(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        connection.request("POST", path, body=body, headers=headers)
        return connection.getresponse()

    return ask


class Load:
    """A thread and a connection for each way to ask. A connection that the server ends is opened anew."""

    def __init__(self, origin: str, asks: list[Ask]) -> None:
        self._address = urlsplit(origin)
        self._ends = threading.Event()
        self.answered = 0
        self.closed = 0
        self.failures: list[str] = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, args=(ask,), daemon=True) for ask in asks]
        for thread in self._threads:
            thread.start()

    def _work(self, ask: Ask) -> None:
        connection = http.client.HTTPConnection(self._address.hostname, self._address.port, timeout=60)
        while not self._ends.is_set():
            try:
                answer = ask(connection)
                body = answer.read()
                failure = None if answer.status == 200 else f"{answer.status} {body[:200]!r}"
                closed = answer.getheader("Connection") == "close"
            except (OSError, http.client.HTTPException) as error:
                failure, closed = repr(error), False
                connection.close()
            with self._lock:
                self.answered += failure is None
                self.closed += closed
                if failure:
                    self.failures.append(failure)
        connection.close()

    def stop(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join(70)
