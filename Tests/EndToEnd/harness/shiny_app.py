"""The Shiny app of docs/examples, run as its publisher runs it: with `gatehouse run`."""

import re
import sys
from pathlib import Path

from .gatehouse import Gatehouse
from .process import Child
from .simulator import REPOSITORY
from .waiting import free_port

APP = REPOSITORY / "docs" / "examples" / "shiny-app" / "app.py"


class ShinyApp:
    """The process of a content; `origin` is its upstream."""

    def __init__(self, server: Gatehouse, content: dict, key: str, port: int | None = None) -> None:
        port = port or free_port()
        self.origin = f"http://127.0.0.1:{port}"
        command = [Path(sys.executable).parent / "shiny", "run", APP, "--host", "127.0.0.1", "--port", str(port)]
        ready = re.compile(r"Application startup complete")
        self.child: Child = server.run_content(content, key, *command, ready=ready)

    def stop(self) -> None:
        self.child.stop()
