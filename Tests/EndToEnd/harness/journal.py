"""What the servers answered during a test, kept for the hunt for planted secrets."""

import dataclasses

import requests


@dataclasses.dataclass
class Entry:
    method: str
    url: str
    status: int
    request_body: bytes
    answer: bytes
    """Status line, headers and body, as one text to search in."""


class Journal:
    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def watch(self, session: requests.Session) -> requests.Session:
        session.hooks["response"].append(self._record)
        return session

    def _record(self, response: requests.Response, *_: object, **__: object) -> None:
        body = response.request.body or b""
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.entries.append(
            Entry(
                method=response.request.method or "",
                url=response.url,
                status=response.status_code,
                request_body=body.encode() if isinstance(body, str) else bytes(body),
                answer=headers.encode("latin-1", "replace") + b"\n\n" + response.content,
            )
        )

    def of(self, origin: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.url.startswith(origin)]
