"""An account in which there is something of everything, an empty one, and the addresses of all pages.

All that people may choose, or other servers may say, is as wide as it may be: no page may need more room than it has.
"""

from .account import Account, Person
from .company import Company
from .gatehouse import Gatehouse
from .identity_provider import IdentityProvider
from .scene import play
from .simulator import Simulator

LINE, TITLE, PARAGRAPH = "W" * 255, "W" * 1024, "W" * 4096
"""The longest name, title and description, in the widest letter."""
LABELS = ".".join(["w" * 63] * 3)
UPSTREAM_HOST = f"{LABELS}.{'w' * 42}.example"
OPTIONS = ("--allow-upstream", f"{UPSTREAM_HOST}:65535")
"""What the server must be started with."""


def widest_email(start: str) -> str:
    return start + "W" * (254 - len(start) - len("@w.example")) + "@w.example"


def widest_address(start: str) -> str:
    return start + "W" * (2048 - len(start))


PAGES = {
    "/": "nobody",
    "/accounts/{account}/sign-in": "nobody",
    "/accounts/{account}/invite": "nobody ?token={invite}",
    "/accounts/{account}": "viewer administrator|?q=nothing",
    "/accounts/{account}/connections/{guid}/log-in": "viewer",
    "/accounts/{account}/content/{guid}/log-in": "publisher",
    "/accounts/{account}/content": "viewer publisher administrator|?q=nothing|?page=9",
    "/accounts/{account}/content/new": "publisher",
    "/accounts/{account}/content/{guid}": "publisher viewer administrator",
    "/accounts/{account}/content/{guid}/settings": "publisher",
    "/accounts/{account}/content/{guid}/owner": "publisher|?q=nobody",
    "/accounts/{account}/content/{guid}/delete": "publisher",
    "/accounts/{account}/content/{guid}/viewers": "publisher|?q=a|?q=nobody",
    "/accounts/{account}/content/{guid}/access": "publisher administrator|?q=nothing",
    "/accounts/{account}/content/{guid}/environment": "publisher|?page=9",
    "/accounts/{account}/content/{guid}/code": "publisher|?app=streamlit|?app=shiny-r",
    "/accounts/{account}/integrations": "administrator|?q=nothing",
    "/accounts/{account}/integrations/new": "administrator|?template=snowflake|?template=custom",
    "/accounts/{account}/integrations/{guid}": "administrator|?notice=data-source-added",
    "/accounts/{account}/integrations/{guid}/edit": "administrator",
    "/accounts/{account}/integrations/{guid}/test": "administrator",
    "/accounts/{account}/integrations/{guid}/permissions": "administrator|?q=nobody",
    "/accounts/{account}/integrations/{guid}/delete": "administrator",
    "/accounts/{account}/activity": "administrator|?period=week|?period=month&q=nothing",
    "/accounts/{account}/people": "administrator|?q=viewer&role=viewer|?state=locked",
    "/accounts/{account}/people/invite": "administrator",
    "/accounts/{account}/people/invited": "administrator",
    "/accounts/{account}/people/{guid}": "administrator",
    "/accounts/{account}/groups": "administrator|?q=nothing",
    "/accounts/{account}/groups/new": "administrator",
    "/accounts/{account}/groups/{guid}": "administrator|?find=example|?find=nobody",
    "/accounts/{account}/groups/{guid}/delete": "administrator",
    "/accounts/{account}/keys": "viewer administrator",
    "/accounts/{account}/keys/new": "viewer",
    "/accounts/{account}/keys/made": "viewer",
    "/accounts/{account}/audit": "administrator|?action=group.*|?outcome=refused&from=2999-01-01",
    "/accounts/{account}/audit/retention": "administrator",
    "/accounts/{account}/audit/chain": "administrator",
    "/accounts/{account}/single-sign-on": "administrator newcomer",
    "/accounts/{account}/single-sign-on/people": "administrator",
    "/accounts/{account}/sign-in/signed-out": "nobody",
    "/__oauth__/integrations/{guid}/logout": "viewer",
}
"""Who opens a page, and with which queries. A page that is not here fails the test."""


class Everything:
    """Somebody of each role, one object of each kind, and names that are hard to show."""

    def __init__(self, server: Gatehouse, databricks: Simulator, issuer: IdentityProvider) -> None:
        self.server = server
        self.account = account = server.create_account("w" * 40, LINE, widest_email("ada"))
        self.empty = server.create_account()
        databricks.client_id = LINE
        scopes = "all-apis sql offline_access openid profile email "
        self.scene = scene = play(
            server,
            databricks,
            account,
            emails={role: widest_email(role) for role in ("publisher", "viewer")},
            username="W" * 200,
            name=LINE,
            scopes=scopes + "W" * (2048 - len(scopes)),
        )
        publisher, viewer, admin = scene.publisher, scene.viewer, account.admin
        for person in (publisher, admin, self.empty.admin):
            person.accept_invite()
        self.people: dict[str, Person] = {
            "viewer": viewer,
            "publisher": publisher,
            "administrator": admin,
            "newcomer": self.empty.admin,
        }
        self.invite = account.add("viewer").invite_url.split("token=")[1]
        for person in (viewer, publisher, admin):
            names = {"first_name": LINE, "last_name": LINE}
            admin.api.ok("PUT", f"v1/users/{person.guid}", json=names)
            person.api.ok("POST", f"v1/users/{person.guid}/keys", json={"name": LINE})
        custom = self.add_data_sources(databricks)
        group = self.add_groups()
        scene.credentials()
        content = self.fill_content(group)
        self.sign_on = self.set_up_single_sign_on(issuer)
        self.guids = {
            "integrations": [scene.integration["guid"], *custom],
            "connections": [scene.integration["guid"], *custom[:1]],
            "content": [content["guid"]],
            "people": [viewer.guid],
            "groups": [group["guid"]],
        }

    def add_data_sources(self, databricks: Simulator) -> list[str]:
        """Besides the one of the scene; answers the GUIDs of those whose settings are wide in other ways."""
        account, admin = self.account, self.account.admin
        account.integrate("connect", "Visitors' keys <b>of this server</b>", max_role="Viewer")
        account.add_service_account(databricks, "A robot with a rather long name that has to be broken somewhere")
        told = {"description": PARAGRAPH}
        admin.api.ok("PATCH", f"v1/oauth/integrations/{self.scene.integration['guid']}", json=told)
        secret = {"client_id": LINE, "client_secret": "W" * 2048}
        wide = [
            account.integrate(
                "custom",
                LINE[1:],
                **secret,
                authorization_uri=widest_address("https://w.example/"),
                token_uri=widest_address("https://w.example/"),
                revocation_uri=widest_address("https://w.example/"),
                scopes="W" * 2048,
            ),
            account.integrate(
                "custom",
                LINE[2:],
                **secret,
                auth_type="Service Account",
                token_uri=widest_address("https://w.example/"),
                audience="W" * 512,
            ),
            account.integrate(
                "databricks",
                LINE[3:],
                **secret,
                workspace_host=f"{LABELS}.{'w' * 40}.cloud.databricks.com",
            ),
        ]
        return [one["guid"] for one in wide]

    def add_groups(self) -> dict:
        """A group with a person and another group in it, itself in a third."""
        api, permitted = self.scene.publisher.api, self.account.admin.api
        group, inner, outer = (api.ok("POST", "v1/groups", json={"name": LINE[number:]}) for number in range(3))
        api.ok("POST", f"v1/groups/{group['guid']}/members", json={"user_guid": self.scene.viewer.guid})
        api.ok("POST", f"v1/groups/{group['guid']}/members", json={"group_guid": inner["guid"]})
        api.ok("POST", f"v1/groups/{outer['guid']}/members", json={"group_guid": group["guid"]})
        path = f"v1/oauth/integrations/{self.scene.integration['guid']}"
        given = [{"group_guid": group["guid"]}, {"user_guid": self.scene.publisher.guid}]
        permitted.ok("PATCH", path, json={"permissions": given})
        return group

    def fill_content(self, group: dict) -> dict:
        api, content = self.scene.publisher.api, self.scene.content
        path = f"v1/content/{content['guid']}"
        told = {"title": TITLE, "name": "W" * 64, "description": PARAGRAPH}
        told["upstream_url"] = f"http://{UPSTREAM_HOST}:65535"
        headers = {"X-Correlation-ID": "W" * 128}
        api.ok("PATCH", path, json=told, headers=headers)
        for guid, kind in ((group["guid"], "group"), (self.scene.viewer.guid, "user")):
            permission = {"principal_guid": guid, "principal_type": kind, "role": "viewer"}
            api.ok("POST", f"{path}/permissions", json=permission)
        api.ok("PATCH", f"{path}/environment", json=[{"name": LINE, "value": "a planted value"}])
        return content

    def set_up_single_sign_on(self, issuer: IdentityProvider) -> Company:
        """In force, after a test that came back with the widest claims."""
        company = Company(self.server, issuer, self.account)
        issuer.client_id = LINE
        company.admin_there = {
            "sub": LINE,
            "email": widest_email("ada"),
            "email_verified": True,
            "name": LINE,
            "given_name": LINE,
            "family_name": LINE,
            LINE: [LINE, LINE[1:]],
        }
        rules = f"{LINE} = publisher\n{LINE[1:]} = administrator"
        return company.set_up(
            label="W" * 60,
            scopes="openid " + "W" * 1000,
            domains=f"w.example {LABELS}.w.example",
            role_claim=LINE,
            roles=rules,
            group_claim=LINE,
            groups=f"{LINE} = {LINE}",
        )

    def url(self, path: str, query: str = "", account: Account | None = None, place: int = 0) -> str:
        guid = next((self.guids[part][place] for part in path.split("/") if part in self.guids), "")
        path = path.replace("{guid}", guid).replace("{account}", (account or self.account).slug)
        path += "/" if path.count("/") == 2 and path.startswith("/accounts/") else ""
        return self.server.url(path + query.replace("{invite}", self.invite))

    def visits(self, path: str) -> list[tuple[str, str]]:
        """Who opens the page at which address."""
        who, *queries = PAGES[path].split("|")
        who, _, query = who.partition(" ?")
        first = [(name, self.url(path, f"?{query}" if query else "")) for name in who.split()]
        objects = next((self.guids[part] for part in path.split("/") if part in self.guids and "{guid}" in path), [""])
        more = [(who.split()[0], self.url(path, place=place)) for place in range(1, len(objects))]
        return first + more + [(who.split()[0], self.url(path, query)) for query in queries]
