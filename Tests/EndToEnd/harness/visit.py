"""A visit to content that asks for its visitor's key."""

from .account import API_KEY, Api


class Visit:
    """What content has in its hands after somebody has visited it, and what its publisher would like to do with it."""

    def __init__(self, server, role: str, **config) -> None:
        self.account = account = server.create_account()
        self.publisher, self.visitor = account.add("publisher"), account.add(role)
        self.visitor.accept_invite()
        self.integration = account.integrate("connect", max_role="Admin", **config)
        self.content = account.add_content(self.publisher, self.integration)
        given = self.publisher.api.credentials(self.visitor.session_token(self.content), requested_token_type=API_KEY)
        self.key = Api(server, given["access_token"])

    def told(self, action: str) -> list[dict]:
        page = self.account.admin.api.ok("GET", "v1/audit_logs", params={"action": action, "limit": 100})
        return page["results"]
