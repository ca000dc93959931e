"""Groups with posit-sdk, groups within groups, and what a group gives: content and tokens, until the next request."""

import json
import threading

import pytest
from posit.connect import Client
from posit.connect.errors import ClientError

from harness import seeded
from harness.account import Api
from harness.scene import play


def client_of(person) -> Client:
    """The SDK's objects refer to their client weakly: the person holds it."""
    if not hasattr(person, "client"):
        person.client = Client(url=person.server.base_url, api_key=person.key)
    return person.client


def a_name(what: str = "group") -> str:
    return f"{what} {seeded.token_hex(4)}"


@pytest.fixture(scope="module")
def publisher(account):
    return account.add("publisher")


@pytest.fixture
def group(publisher):
    return publisher.api.ok("POST", "v1/groups", json={"name": a_name()})


def add(owner, group: dict, *members) -> None:
    """Put people, or groups, into a group."""
    for member in members:
        body = {"group_guid": member["guid"]} if isinstance(member, dict) else {"user_guid": member.guid}
        answer = owner.api("POST", f"v1/groups/{group['guid']}/members", json=body)
        assert answer.status_code == 204, answer.text


def remove(owner, group: dict, member) -> None:
    guid = member["guid"] if isinstance(member, dict) else member.guid
    assert owner.api("DELETE", f"v1/groups/{group['guid']}/members/{guid}").status_code == 204


# The SDK.


def test_posit_sdk_creates_finds_counts_gets_and_deletes_groups(own_stage):
    account = own_stage.gatehouse().create_account()
    publisher = account.add("publisher")
    groups = client_of(publisher).groups
    assert groups.find() == [] and groups.find_one() is None and groups.count() == 0
    sales = groups.create(name="Sales")
    analysts = groups.create(name="analysts", unique_id="ad-analysts")
    assert sales == {"guid": sales["guid"], "name": "Sales", "owner_guid": publisher.guid}
    assert groups.get(sales["guid"]) == sales
    assert groups.find() == [analysts, sales], "by name, whatever its case"
    assert groups.find(prefix="sA") == [sales] and groups.find_one(prefix="ANA") == analysts
    assert groups.find(prefix="ad-analysts") == [analysts] and groups.find(prefix="%") == []
    assert groups.count() == 2
    sales.delete()
    assert groups.find() == [analysts]
    with pytest.raises(ClientError) as refused:
        groups.get(sales["guid"])
    assert (refused.value.http_status, refused.value.error_code) == (404, 4)


def test_posit_sdk_adds_finds_counts_and_deletes_members(account, publisher):
    client = client_of(publisher)
    group = client.groups.create(name=a_name())
    first, second = account.add("viewer"), account.add("publisher")
    assert group.members.find() == [] and group.members.count() == 0
    group.members.add(client.users.get(first.guid))
    group.members.add(user_guid=second.guid)
    group.members.add(user_guid=second.guid)
    assert [user["guid"] for user in group.members.find()] == [first.guid, second.guid]
    assert group.members.find()[0] == client.users.get(first.guid)
    assert group.members.count() == 2
    group.members.delete(client.users.get(first.guid))
    group.members.delete(user_guid=second.guid)
    assert group.members.find() == []


def test_posit_sdk_finds_the_groups_of_a_user_and_changes_them_from_there(account, publisher):
    client = client_of(publisher)
    group = client.groups.create(name=a_name())
    other = client.groups.create(name=a_name())
    user = client.users.get(account.add("viewer").guid)
    assert user.groups.find() == []
    user.groups.add(group)
    user.groups.add(other["guid"])
    assert {one["guid"] for one in user.groups.find()} == {group["guid"], other["guid"]}
    user.groups.delete(group)
    user.groups.delete(other["guid"])
    assert user.groups.find() == []


def test_members_come_in_pages(account, publisher, group):
    people = [account.add("viewer") for _ in range(3)]
    add(publisher, group, *people)
    path = f"v1/groups/{group['guid']}/members"
    page = publisher.api.ok("GET", path, params={"page_number": 2, "page_size": 2})
    assert (page["current_page"], page["total"]) == (2, 3)
    assert [user["guid"] for user in page["results"]] == [people[2].guid]
    for wrong in ({"page_size": 0}, {"page_size": 501}, {"page_number": 0}, {"page_number": "x"}, {"include": "x"}):
        publisher.api.refused(400, 25, "GET", path, params=wrong)


# Who may do what.


def test_a_group_is_renamed_and_given_away_by_its_owner_and_by_administrators(account, publisher, group):
    path = f"v1/groups/{group['guid']}"
    renamed = publisher.api.ok("PUT", path, json={"name": a_name("renamed")})
    assert renamed == {**group, "name": renamed["name"]} == publisher.api.ok("GET", path)
    other = account.add("publisher")
    given = account.admin.api.ok("PATCH", path, json={"owner_guid": other.guid})
    assert given == {**renamed, "owner_guid": other.guid}
    publisher.api.refused(403, 22, "PUT", path, json={"name": "mine again"})
    assert other.api.ok("POST", path, json={"name": group["name"]})["name"] == group["name"]
    assert other.api.ok("PUT", path, json={"name": group["name"].upper()})["name"] == group["name"].upper()


def test_what_a_publisher_may_and_a_stranger_and_a_viewer_may_not(account, publisher, group):
    stranger, viewer = account.add("publisher"), account.add("viewer")
    path = f"v1/groups/{group['guid']}"
    for person in (stranger, account.admin):
        assert person.api.ok("GET", path) == group
        assert person.api.ok("GET", f"{path}/members")["total"] == 0
    for method, rest, body in (
        ("PUT", "", {"name": "taken"}),
        ("DELETE", "", None),
        ("POST", "/members", {"user_guid": stranger.guid}),
        ("DELETE", f"/members/{publisher.guid}", None),
    ):
        stranger.api.refused(403, 22, method, path + rest, json=body)
        viewer.api.refused(403, 22, method, path + rest, json=body)
    viewer.api.refused(403, 22, "POST", "v1/groups", json={"name": "x"})
    assert publisher.api.ok("GET", f"{path}/members")["total"] == 0 and publisher.api.ok("GET", path) == group


def test_a_viewer_sees_the_groups_they_are_in_and_of_these_nobody_but_themselves(account, publisher, group):
    viewer, other = account.add("viewer"), account.add("viewer")
    outer, elsewhere = (publisher.api.ok("POST", "v1/groups", json={"name": a_name()}) for _ in range(2))
    groups = client_of(viewer).groups
    assert groups.find() == [] and groups.count() == 0 and client_of(viewer).me.groups.find() == []
    add(publisher, group, viewer, other)
    add(publisher, outer, group, elsewhere)
    found = groups.find()
    assert {one["guid"] for one in found} == {group["guid"], outer["guid"]} and groups.count() == 2
    assert [one["guid"] for one in client_of(viewer).me.groups.find()] == [group["guid"]], (
        "the SDK asks for direct members"
    )
    assert groups.find(prefix=group["name"].upper()) == [group] and groups.find(prefix=elsewhere["name"]) == []
    assert groups.get(group["guid"]) == group and groups.get(outer["guid"]) == outer
    path = f"v1/groups/{group['guid']}/members"
    assert [one["guid"] for one in viewer.api.ok("GET", path)["results"]] == [viewer.guid]
    page = viewer.api.ok("GET", f"v1/groups/{outer['guid']}/members", params={"include": "groups"})
    assert page == {"results": [], "current_page": 1, "total": 0, "groups": [group]}
    for hidden in (f"v1/groups/{elsewhere['guid']}", f"v1/groups/{elsewhere['guid']}/members"):
        viewer.api.refused(404, 4, "GET", hidden)
    remove(publisher, outer, group)
    assert groups.find() == [group]
    viewer.api.refused(404, 4, "GET", f"v1/groups/{outer['guid']}")
    assert publisher.api.ok("GET", path)["total"] == 2


def test_a_publishers_key_of_a_viewers_role_sees_what_a_viewer_sees(account, publisher, group):
    made = publisher.api.ok("POST", f"v1/users/{publisher.guid}/keys", json={"name": "small", "user_role": "viewer"})
    small = Api(publisher.server, made["key"])
    small.refused(404, 4, "GET", f"v1/groups/{group['guid']}")
    assert small.ok("GET", "v1/groups")["total"] == 0


def test_everybody_may_leave_a_group_by_themselves(account, publisher, group):
    viewer, other = account.add("viewer"), account.add("viewer")
    add(publisher, group, viewer, other)
    path = f"v1/groups/{group['guid']}/members"
    viewer.api.refused(403, 22, "DELETE", f"{path}/{other.guid}")
    assert viewer.api("DELETE", f"{path}/{viewer.guid}").status_code == 204
    viewer.api.refused(404, 4, "DELETE", f"{path}/{viewer.guid}")
    assert [user["guid"] for user in publisher.api.ok("GET", path)["results"]] == [other.guid]


# Groups within groups.


def test_groups_within_groups_are_listed_where_they_are_asked_for(publisher, group):
    inner = publisher.api.ok("POST", "v1/groups", json={"name": a_name("inner")})
    add(publisher, group, inner)
    path = f"v1/groups/{group['guid']}/members"
    assert set(publisher.api.ok("GET", path)) == {"results", "current_page", "total"}
    page = publisher.api.ok("GET", path, params={"include": "groups"})
    assert page["groups"] == [inner] and page["results"] == [] and page["total"] == 0
    remove(publisher, group, inner)
    assert publisher.api.ok("GET", path, params={"include": "groups"})["groups"] == []


def test_circles_of_groups_are_refused_through_any_number_of_hops(publisher):
    one, two, three = (publisher.api.ok("POST", "v1/groups", json={"name": a_name()}) for _ in range(3))
    add(publisher, one, two)
    add(publisher, two, three)
    for outer, inner in ((one, one), (two, one), (three, one), (three, two)):
        path = f"v1/groups/{outer['guid']}/members"
        error = publisher.api.refused(400, 25, "POST", path, json={"group_guid": inner["guid"]})
        assert error["payload"]["field"] == "group_guid"
        assert publisher.api.ok("GET", path, params={"include": "groups"})["groups"] != [inner]


def test_groups_within_groups_are_ten_deep_at_most(publisher):
    chain = [publisher.api.ok("POST", "v1/groups", json={"name": a_name()}) for _ in range(11)]
    for outer, inner in zip(chain[:9], chain[1:10], strict=True):
        add(publisher, outer, inner)
    for outer, inner in ((chain[9], chain[10]), (chain[10], chain[0])):
        path = f"v1/groups/{outer['guid']}/members"
        error = publisher.api.refused(400, 25, "POST", path, json={"group_guid": inner["guid"]})
        assert "10" in error["error"]


def test_two_additions_at_once_do_not_close_a_circle(publisher):
    for _ in range(5):
        one, two = (publisher.api.ok("POST", "v1/groups", json={"name": a_name()}) for _ in range(2))
        statuses = []

        def put(inner, outer, statuses=statuses):
            path = f"v1/groups/{outer['guid']}/members"
            statuses.append(publisher.api("POST", path, json={"group_guid": inner["guid"]}).status_code)

        threads = [threading.Thread(target=put, args=pair) for pair in ((one, two), (two, one))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [204, 400]


# Bad input.


def test_names_differ_in_more_than_case(publisher):
    name = a_name("Ärzte")
    publisher.api.ok("POST", "v1/groups", json={"name": name})
    error = publisher.api.refused(400, 25, "POST", "v1/groups", json={"name": name.upper()})
    assert error["payload"]["field"] == "name"
    other = publisher.api.ok("POST", "v1/groups", json={"name": a_name()})
    publisher.api.refused(400, 25, "PUT", f"v1/groups/{other['guid']}", json={"name": name.lower()})
    assert publisher.api.ok("GET", f"v1/groups/{other['guid']}") == other


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": " "}, {"name": 1}, {"name": "x" * 300}, {"name": "a\nb"}, {"name": "x", "gid": 7}, []],
    ids=str,
)
def test_a_group_that_has_no_form_is_refused(publisher, body):
    before = publisher.api.ok("GET", "v1/groups")["total"]
    assert publisher.api("POST", "v1/groups", json=body).status_code == 400
    assert publisher.api.ok("GET", "v1/groups")["total"] == before


def test_members_that_are_nobody_are_refused(account, server, publisher, group):
    stranger = server.create_account().admin
    path = f"v1/groups/{group['guid']}/members"
    for body in (
        {},
        {"user_guid": "x"},
        {"user_guid": group["guid"]},
        {"group_guid": publisher.guid},
        {"user_guid": stranger.guid},
        {"user_guid": publisher.guid, "group_guid": group["guid"]},
        {"user_guid": 1},
        {"role": "viewer"},
    ):
        assert publisher.api("POST", path, json=body).status_code == 400, body
    assert publisher.api.ok("GET", path, params={"include": "groups"})["total"] == 0
    publisher.api.refused(404, 4, "DELETE", f"{path}/{publisher.guid}")
    stranger.api.refused(404, 4, "GET", path)


def test_a_group_that_alone_limits_an_integration_cannot_be_deleted(account, publisher, databricks):
    group = publisher.api.ok("POST", "v1/groups", json={"name": a_name()})
    made = account.add_integration(databricks, name=a_name("limited"))
    path = f"v1/oauth/integrations/{made['guid']}"
    limited = account.admin.api.ok("PATCH", path, json={"permissions": [{"group_guid": group["guid"]}]})
    [permission] = limited["permissions"]
    assert (permission["group_guid"], permission["user_guid"]) == (group["guid"], None)
    error = publisher.api.refused(400, 229, "DELETE", f"v1/groups/{group['guid']}")
    assert error["payload"]["integration_guid"] == made["guid"]
    account.admin.api.ok("PATCH", path, json={"permissions": []})
    assert publisher.api("DELETE", f"v1/groups/{group['guid']}").status_code == 204


# What a group gives.


@pytest.mark.parametrize("nested", [False, True], ids=["direct", "nested"])
def test_a_member_opens_and_exchanges_until_the_next_request_after_they_are_out(server, own_stage, nested):
    provider = own_stage.simulator("databricks")
    scene = play(server, provider)
    owner, member = scene.publisher, scene.account.add("viewer")
    member.accept_invite()
    provider.add_user("gina")
    member.log_in_at(provider, scene.integration, "gina")
    owner.api.ok("PATCH", f"v1/content/{scene.content['guid']}", json={"access_type": "acl"})
    assert member.open_content(scene.content).status_code == 403
    listed = group = owner.api.ok("POST", "v1/groups", json={"name": a_name()})
    if nested:
        listed = owner.api.ok("POST", "v1/groups", json={"name": a_name("outer")})
        add(owner, listed, group)
    body = {"principal_guid": listed["guid"], "principal_type": "group", "role": "viewer"}
    owner.api.ok("POST", f"v1/content/{scene.content['guid']}/permissions", json=body)
    assert member.open_content(scene.content).status_code == 403
    add(owner, group, member)
    token = member.session_token(scene.content)
    for _ in range(3):
        assert provider.whoami(owner.api.credentials(token)["access_token"]) == "gina"
    if nested:
        remove(owner, listed, group)
    else:
        remove(owner, group, member)
    assert member.ask_gateway(scene.content, headers={"Accept": "*/*"}).status_code == 403
    assert owner.api.exchange(token).status_code == 403
    assert scene.content["guid"] not in member.api("GET", "v1/content").text


def test_deleting_a_group_takes_what_it_gave(account, publisher, group):
    viewer = account.add("viewer")
    add(publisher, group, viewer)
    content = account.add_content(publisher, access_type="acl")
    path = f"v1/content/{content['guid']}"
    body = {"principal_guid": group["guid"], "principal_type": "group", "role": "viewer"}
    publisher.api.ok("POST", f"{path}/permissions", json=body)
    assert viewer.api.ok("GET", path)["guid"] == content["guid"]
    assert publisher.api("DELETE", f"v1/groups/{group['guid']}").status_code == 204
    assert viewer.api("GET", path).status_code == 403
    assert publisher.api.ok("GET", f"{path}/permissions") == []


def test_an_integration_for_a_group_is_attached_by_its_publishers_alone(account, publisher, group, databricks):
    inside, outside = account.add("publisher"), account.add("publisher")
    add(publisher, group, inside)
    made = account.add_integration(databricks, name=a_name("for a group"))
    account.admin.api.ok(
        "PATCH", f"v1/oauth/integrations/{made['guid']}", json={"permissions": [{"group_guid": group["guid"]}]}
    )
    body = [{"oauth_integration_guid": made["guid"]}]
    for person, status in ((inside, 200), (outside, 403)):
        content = account.add_content(person)
        path = f"v1/content/{content['guid']}/oauth/integrations/associations"
        assert person.api("PUT", path, json=body).status_code == status
        assert len(person.api.ok("GET", path)) == (1 if status == 200 else 0)


# Manifests.


def test_a_manifest_makes_groups_true_and_applying_it_again_changes_nothing(own_stage):
    server = own_stage.gatehouse()
    emails = ["ada@acme.example", "pat@acme.example", "vic@acme.example"]
    roles = ["administrator", "publisher", "viewer"]
    users = [{"email": email, "role": role} for email, role in zip(emails, roles, strict=True)]
    folder = server.data / "acme"
    folder.mkdir(parents=True)

    def apply(*groups: dict) -> list[dict]:
        (folder / "account.json").write_text(json.dumps({"users": users, "groups": [*groups]}))
        return server.json("account", "apply", "acme")["changes"]

    changes = apply({"name": "Sales", "members": emails[1:]})
    key = next(change["api_key"] for change in changes if change.get("email") == emails[0])
    client = Client(url=server.base_url, api_key=key)
    [group] = client.groups.find()
    assert group["name"] == "Sales" and group["owner_guid"] is None
    assert {user["email"] for user in group.members.find()} == set(emails[1:])
    assert apply({"name": "Sales", "members": emails[1:]}) == []
    assert apply({"name": "Sales"}) == [], "without members they stay"
    [changed] = apply({"name": "SALES", "members": [emails[2]]})
    assert changed["changed"] == "group"
    [group] = client.groups.find()
    assert group["name"] == "SALES" and [user["email"] for user in group.members.find()] == [emails[2]]
    (folder / "account.json").write_text(json.dumps({"groups": [{"name": "SALES", "members": ["no@acme.example"]}]}))
    refused = server.run("account", "apply", "acme")
    assert refused.returncode != 0 and "no@acme.example" in refused.stderr
    assert [user["email"] for user in group.members.find()] == [emails[2]]
