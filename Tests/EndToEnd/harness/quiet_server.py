"""The web server inside a test that the test's own servers are made of."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class QuietServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; says nothing of connections that break off, which tests want or cause at their end.

    What Python prints of them in a thread disturbs pytest while it shows a failure: before Python 3.12 two threads
    cannot parse source at the same time.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, request, client_address) -> None:
        """Nothing is printed."""
