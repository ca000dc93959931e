"""The scene most tests start from: one account, one provider, one content, one viewer who has a session token."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from .account import Account, Person
from .gatehouse import Gatehouse
from .simulator import Simulator


@dataclasses.dataclass
class Scene:
    server: Gatehouse
    provider: Simulator
    account: Account
    publisher: Person
    viewer: Person
    integration: dict
    content: dict
    username: str = "vera"
    token: str = ""

    def log_in(self) -> None:
        """The viewer logs in at the provider."""
        answer = self.viewer.log_in_at(self.provider, self.integration, self.username)
        assert answer.status_code == 302, f"{answer.status_code} {answer.text[:2000]}"

    def exchange(self, **more):
        return self.publisher.api.exchange(self.token, **more)

    def credentials(self, **more) -> dict:
        return self.publisher.api.credentials(self.token, **more)

    def refused(self, code: int, **more) -> dict:
        return self.publisher.api.exchange_refused(code, self.token, **more)

    def sessions(self) -> list[dict]:
        return self.viewer.api.ok("GET", "v1/oauth/sessions")


def play(
    server: Gatehouse,
    provider: Simulator,
    account: Account | None = None,
    log_in: bool = True,
    username: str = "vera",
    emails: Mapping[str, str] = MappingProxyType({}),
    **config,
) -> Scene:
    """Set the scene. The session token is fetched before the association, so that no login is asked for yet."""
    account = account or server.create_account()
    publisher, viewer = (account.add(role, email=emails.get(role)) for role in ("publisher", "viewer"))
    viewer.accept_invite()
    integration = account.add_integration(provider, **config)
    content = account.add_content(publisher)
    scene = Scene(server, provider, account, publisher, viewer, integration, content, username)
    scene.token = viewer.session_token(content)
    account.associate(publisher, content, integration)
    if username not in provider.passwords:
        provider.add_user(username)
    if log_in:
        scene.log_in()
    return scene


LIFETIME_SECONDS = 3600
DUE_SECONDS = LIFETIME_SECONDS - 120
"""So much later an access token is within its margin, yet valid for now."""
EXPIRED_SECONDS = LIFETIME_SECONDS + 120
"""So much later it has ended."""


def due(server: Gatehouse, provider: Simulator, **config) -> Scene:
    """A scene whose access token is due for a refresh, on a server (of the test's own) whose clock was moved."""
    return _later(server, provider, DUE_SECONDS, config)


def expired(server: Gatehouse, provider: Simulator, **config) -> Scene:
    """A scene whose access token has ended, on a server (of the test's own) whose clock was moved."""
    return _later(server, provider, EXPIRED_SECONDS, config)


def _later(server: Gatehouse, provider: Simulator, seconds: int, config: dict) -> Scene:
    provider.set(access_token_seconds=LIFETIME_SECONDS)
    scene = play(server, provider, **config)
    server.restart(clock_offset=seconds)
    provider.reset_counters()
    return scene
