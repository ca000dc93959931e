"""A publisher's program in Flask as its tutorial has it, which knows nothing of a prefix."""

import threading

from flask import Flask, redirect, url_for
from werkzeug.serving import make_server


class FlaskApp:
    def __init__(self) -> None:
        app = Flask("app")

        @app.get("/")
        def index():
            return redirect(url_for("hello"))

        @app.get("/hello")
        def hello():
            return "hello"

        @app.get("/folder/")
        def folder():
            return "folder"

        @app.post("/save")
        def save():
            return redirect(url_for("hello", saved=1), 303)

        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
