"""A server whose socket the test holds, as systemd holds it: connections wait in it between two starts."""

import socket
import sys

from .gatehouse import Gatehouse
from .process import Child

# sd_listen_fds(3): the socket is descriptor 3, and LISTEN_PID says whom it is meant for.
HAND_OVER = """
import os, sys
descriptor = int(sys.argv[1])
if descriptor != 3:
    os.dup2(descriptor, 3)
    os.close(descriptor)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=sys.argv[2] or str(os.getpid()))
os.execv(sys.argv[3], sys.argv[3:])
"""


class HeldGatehouse(Gatehouse):
    def __init__(self, data, **more) -> None:
        super().__init__(data, **more)
        self.socket = socket.socket()
        # The port is reserved by a socket that does not listen.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.listen(4096)

    def handed_over(self, *more: str, pid: str = "") -> list[str]:
        command = [sys.executable, "-c", HAND_OVER, self.socket.fileno(), pid, *self.serve_command(*more)]
        return [str(part) for part in command]

    def start(self, clock_offset: int = 0, crash_at: str = "", more: tuple[str, ...] = (), pid: str = ""):
        environment = {"GATEHOUSE_CLOCK_OFFSET": str(clock_offset)} if clock_offset else {}
        command = self.handed_over(*more, pid=pid)
        self.child = Child("gatehouse", command, environment, pass_fds=(self.socket.fileno(),))
        self.children.append(self.child)
        return self

    def stop_all(self) -> None:
        super().stop_all()
        self.socket.close()
