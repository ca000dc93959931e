"""One HTTP/1.1 connection, byte by byte: what clients' libraries hide."""

import dataclasses
import http.client
import io
import select
import socket

from .waiting import DEADLINE_SECONDS, wait_until


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Wire:
    """A connection to a server on this machine. Use it in a `with` statement."""

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE_SECONDS)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.port = port

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(self, method: str, path: str, headers: dict | None = None, body: bytes = b"") -> None:
        """Send a whole request; Content-Length is added where there is a body and nothing else says its length."""
        fields = {"Host": "localhost", **(headers or {})}
        if body and not {"Content-Length", "Transfer-Encoding"} & set(fields):
            fields["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)

    def answer(self, method: str = "GET") -> Answer:
        """Read the next answer, to its last byte and not one byte further."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            assert byte, f"the connection ended within an answer: {head!r}"
            head += byte
        parsed = http.client.HTTPResponse(_Replay(head), method=method)
        parsed.begin()
        length = 0 if method == "HEAD" else int(parsed.headers.get("Content-Length") or 0)
        body = b""
        while len(body) < length:
            part = self.socket.recv(length - len(body))
            assert part, "the connection ended within an answer's body"
            body += part
        return Answer(parsed.status, parsed.headers, body)

    def ask(self, method: str, path: str, headers: dict | None = None, body: bytes = b"") -> Answer:
        self.request(method, path, headers, body)
        return self.answer(method)

    def is_at_end(self) -> bool:
        """The server closes its side without a further byte: waits for it. A reset is no orderly end."""
        return self.socket.recv(1) == b""

    def has_answer(self) -> bool:
        """Whether there is something to read, an answer or the end."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def await_closed(self, dripping: bytes, deadline: float = DEADLINE_SECONDS) -> None:
        """The server closes the connection for good, however much this client goes on to send, a little at a time."""

        def is_refused() -> bool:
            try:
                self.socket.sendall(dripping)
            except OSError:
                return True
            return False

        wait_until(is_refused, "the server closes the connection", deadline)


class _Replay:
    """What `http.client` takes for a socket: bytes that were read already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)
