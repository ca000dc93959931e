"""The simulated providers: who can log in there, and which rows each person may see."""

import secrets

import requests

TIMEOUT_SECONDS = 10


class Provider:
    """A running provider-simulator, told what it has to know through its control door."""

    def __init__(self, processes, binary, kind):
        self.kind = kind
        started = processes.start(
            f"{kind}-simulator",
            [binary, "--kind", kind, "--listen", "127.0.0.1:0"],
            ready=r"^listening on http://[^\s:]+:(\d+)",
        )
        self.port = int(started.group(1))
        self.host = f"localhost:{self.port}"
        self.url = f"http://{self.host}"
        self.client_secret = secrets.token_urlsafe(24)
        self.people = {}

    def register_client(self, client_id, redirect_uri):
        client = {"client_id": client_id, "client_secret": self.client_secret, "redirect_uris": [redirect_uri]}
        self._tell("clients", client)

    def register_person(self, username, display_name, columns, rows):
        password = secrets.token_urlsafe(9)
        person = {
            "username": username,
            "password": password,
            "display_name": display_name,
            "email": username,
            "columns": columns,
            "rows": rows,
        }
        self._tell("users", person)
        self.people[username] = password

    def counters(self):
        answer = requests.get(f"{self.url}/_control/counters", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def _tell(self, door, body):
        requests.post(f"{self.url}/_control/{door}", json=body, timeout=TIMEOUT_SECONDS).raise_for_status()
