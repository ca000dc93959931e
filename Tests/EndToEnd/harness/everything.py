"""An account in which there is something of everything, an empty one, and the addresses of all pages."""

from .account import Account, Person
from .gatehouse import Gatehouse
from .scene import play
from .simulator import Simulator

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

    def __init__(self, server: Gatehouse, databricks: Simulator) -> None:
        self.server = server
        self.scene = scene = play(server, databricks)
        self.account, self.empty = scene.account, server.create_account()
        publisher, admin = scene.publisher, self.account.admin
        for person in (publisher, admin, self.empty.admin):
            person.accept_invite()
        self.people: dict[str, Person] = {
            "viewer": scene.viewer,
            "publisher": publisher,
            "administrator": admin,
            "newcomer": self.empty.admin,
        }
        self.invite = self.account.add("viewer").invite_url.split("token=")[1]
        self.account.integrate("connect", "Visitors' keys <b>of this server</b>", max_role="Viewer")
        self.account.add_service_account(databricks, "A robot with a rather long name that has to be broken somewhere")
        group = publisher.api.ok("POST", "v1/groups", json={"name": "analysts"})
        publisher.api.ok("POST", f"v1/groups/{group['guid']}/members", json={"user_guid": scene.viewer.guid})
        scene.credentials()
        content = scene.content
        permission = {"principal_guid": group["guid"], "principal_type": "group", "role": "viewer"}
        publisher.api.ok("POST", f"v1/content/{content['guid']}/permissions", json=permission)
        variables = [{"name": "WAREHOUSE_ID", "value": "a planted value"}]
        publisher.api.ok("PATCH", f"v1/content/{content['guid']}/environment", json=variables)
        self.guids = {
            "integrations": scene.integration["guid"],
            "connections": scene.integration["guid"],
            "content": content["guid"],
            "people": scene.viewer.guid,
            "groups": group["guid"],
        }

    def url(self, path: str, query: str = "", account: Account | None = None) -> str:
        guid = next((self.guids[part] for part in path.split("/") if part in self.guids), "")
        path = path.replace("{guid}", guid).replace("{account}", (account or self.account).slug)
        path += "/" if path.count("/") == 2 and path.startswith("/accounts/") else ""
        return self.server.url(path + query.replace("{invite}", self.invite))

    def visits(self, path: str) -> list[tuple[str, str]]:
        """Who opens the page at which address."""
        who, *queries = PAGES[path].split("|")
        who, _, query = who.partition(" ?")
        first = [(name, self.url(path, f"?{query}" if query else "")) for name in who.split()]
        return first + [(who.split()[0], self.url(path, query)) for query in queries]
