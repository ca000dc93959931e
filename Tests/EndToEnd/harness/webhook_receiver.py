"""A webhook receiver that can misbehave: answers 500, hangs, is down, and comes back on the same port."""

import contextlib
import dataclasses
import datetime
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler

from standardwebhooks import Webhook

from .quiet_server import QuietServer
from .waiting import DEADLINE_SECONDS, free_port, wait_until

HANG = "hang"


@dataclasses.dataclass
class Delivery:
    """One request as it came in, byte by byte."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int | None
    """What it was answered; None where it was never answered."""

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return self.event["type"]

    def verify(self, secret: str) -> dict:
        """The event, once the Standard Webhooks library finds signature and age right."""
        return Webhook(secret).verify(self.body, self.headers)

    def is_signed_with(self, secret: str) -> bool:
        """Whether the signature fits, whatever the time: for servers whose clock was moved."""
        moment = datetime.datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), datetime.UTC)
        expected = Webhook(secret).sign(self.id, moment, self.body.decode())
        return expected in self.headers["webhook-signature"].split(" ")


class _Server(QuietServer):
    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(handler, port)

    def process_request(self, request, client_address) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)


class WebhookReceiver:
    """Listens at `url`; keeps what arrives in `deliveries`, in order of arrival.

    `behaviour` is the status to answer, or `HANG`. A list is used up one by one; what comes after is answered 200.
    """

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.behaviour: int | str | list[int | str] = 200
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._port = free_port()
        self.up()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}/hooks"

    # Being there or not.

    def up(self) -> None:
        """Listen, on the same port as before."""
        self._released = threading.Event()
        self._server = _Server(self._port, self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections and cut those that are open, kept ones and hanging ones alike."""
        if self._server is None:
            return
        self._released.set()
        self._server.shutdown()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._server = None

    stop = down

    def release(self) -> None:
        """Cut the requests that hang; later ones are answered."""
        self.behaviour = 200
        self._released.set()
        self._released = threading.Event()

    # What arrived.

    @property
    def accepted(self) -> list[Delivery]:
        """The deliveries that were answered 2xx."""
        with self._lock:
            return [one for one in self.deliveries if one.status and one.status < 300]

    def await_accepted(self, count: int, deadline: float = DEADLINE_SECONDS) -> list[Delivery]:
        """The accepted deliveries, once there are so many different events among them."""
        wait_until(
            lambda: len({one.id for one in self.accepted}) >= count,
            f"{count} webhooks are accepted",
            deadline,
        )
        return self.accepted

    def await_attempts(self, count: int) -> list[Delivery]:
        wait_until(lambda: len(self.deliveries) >= count, f"{count} webhooks are attempted")
        return list(self.deliveries)

    def _next_behaviour(self) -> int | str:
        if not isinstance(self.behaviour, list):
            return self.behaviour
        return self.behaviour.pop(0) if self.behaviour else 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver._lock:
                    behaviour = receiver._next_behaviour()
                    status = None if behaviour == HANG else int(behaviour)
                    receiver.deliveries.append(Delivery(self.path, headers, body, status))
                    released = receiver._released
                if status is None:
                    released.wait(DEADLINE_SECONDS)
                    self.close_connection = True
                    return
                self.send_response(status)
                if status in (301, 302, 307, 308):
                    self.send_header("Location", f"http://localhost:{receiver._port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """The test asserts on `deliveries`; nothing is printed."""

        return Handler
