"""Who is listed on a content, with posit-sdk: users and groups, viewers and owners."""

import pytest
from posit.connect import Client
from posit.connect.errors import ClientError

from harness import seeded


def client_of(person) -> Client:
    """The SDK's objects refer to their client weakly: the person holds it."""
    if not hasattr(person, "client"):
        person.client = Client(url=person.server.base_url, api_key=person.key)
    return person.client


@pytest.fixture(scope="module")
def owner(account):
    return account.add("publisher")


@pytest.fixture
def content(account, owner):
    return account.add_content(owner, access_type="acl")


@pytest.fixture
def permissions(owner, content):
    return client_of(owner).content.get(content["guid"]).permissions


@pytest.fixture
def group(owner):
    return client_of(owner).groups.create(name=f"group {seeded.token_hex(4)}")


def test_posit_sdk_creates_finds_gets_and_counts_permissions(account, owner, content, permissions, group):
    viewer = account.add("viewer")
    assert permissions.find() == [] and permissions.find_one() is None and permissions.count() == 0
    first = permissions.create(client_of(owner).users.get(viewer.guid), role="viewer")
    second = permissions.create(principal_guid=group["guid"], principal_type="group", role="owner")
    assert first == {
        "id": first["id"], "content_guid": content["guid"], "principal_guid": viewer.guid, "principal_type": "user",
        "role": "viewer",
    }  # fmt: skip
    assert (second["principal_type"], second["principal_guid"], second["role"]) == ("group", group["guid"], "owner")
    assert permissions.find() == [first, second] and permissions.count() == 2
    assert permissions.find(principal_type="group") == [second]
    assert permissions.find_one(principal_guid=viewer.guid) == first
    assert permissions.get(first["id"]) == first and permissions.get(second["id"]) == second


def test_posit_sdk_updates_a_permission(account, owner, permissions, group):
    person = account.add("publisher")
    for principal in (client_of(owner).users.get(person.guid), group):
        permission = permissions.create(principal, role="viewer")
        identity = permission["id"]
        permission.update(role="owner")
        assert permission["role"] == "owner" and permission["id"] == identity
        assert permissions.get(identity) == permission
        permission.update({"role": "viewer"})
        assert permissions.get(identity)["role"] == "viewer"


def test_posit_sdk_destroys_permissions_in_each_of_its_ways(account, owner, permissions, group):
    users = client_of(owner).users
    first, second, third = (users.get(account.add("viewer").guid) for _ in range(3))
    made = [permissions.create(one, role="viewer") for one in (first, second, third, group)]
    made[0].destroy()
    permissions.destroy(second)
    permissions.destroy(third["guid"])
    permissions.destroy(group)
    assert permissions.find() == []
    with pytest.raises(ClientError) as refused:
        permissions.destroy(made[0]["id"])
    assert (refused.value.http_status, refused.value.error_code) == (404, 4)


def test_creating_a_permission_again_changes_the_one_there_is(account, owner, permissions, group):
    person = client_of(owner).users.get(account.add("publisher").guid)
    for principal in (person, group):
        first = permissions.create(principal, role="viewer")
        again = permissions.create(principal, role="owner")
        assert again == {**first, "role": "owner"}
    assert permissions.count() == 2


def test_a_viewer_opens_and_an_owner_changes(account, owner, content, permissions):
    path = f"v1/content/{content['guid']}"
    viewer, publisher = account.add("viewer"), account.add("publisher")
    for person in (viewer, publisher):
        assert person.api("GET", path).status_code == 403
        permissions.create(principal_guid=person.guid, principal_type="user", role="viewer")
        assert person.api.ok("GET", path)["app_role"] == "viewer"
        assert person.api("PATCH", path, json={"title": "x"}).status_code == 403
        assert person.api("GET", f"{path}/permissions").status_code == 403
    permissions.find_one(principal_guid=publisher.guid).update(role="owner")
    assert publisher.api.ok("PATCH", path, json={"title": "x"})["app_role"] == "editor"
    permissions.destroy(client_of(owner).users.get(publisher.guid))
    assert publisher.api("PATCH", path, json={"title": "y"}).status_code == 403


def test_of_an_owning_group_the_publishers_change_and_the_viewers_open(account, owner, content, permissions, group):
    path = f"v1/content/{content['guid']}"
    viewer, publisher = account.add("viewer"), account.add("publisher")
    permissions.create(group, role="owner")
    for person in (viewer, publisher):
        assert person.api("GET", path).status_code == 403
        group.members.add(user_guid=person.guid)
        assert person.api.ok("GET", path)["guid"] == content["guid"]
        assert content["guid"] in [one["guid"] for one in person.api.ok("GET", "v1/content")]
    assert viewer.api("PATCH", path, json={"title": "x"}).status_code == 403
    assert publisher.api.ok("PATCH", path, json={"title": "changed"})["title"] == "changed"
    assert "upstream_url" in publisher.api.ok("GET", path) and "upstream_url" not in viewer.api.ok("GET", path)
    group.members.delete(user_guid=publisher.guid)
    assert publisher.api("PATCH", path, json={"title": "y"}).status_code == 403
    assert publisher.api("GET", path).status_code == 403


def test_permissions_that_name_nobody_or_nothing_are_refused(account, server, owner, content, group):
    viewer, stranger = account.add("viewer"), server.create_account().admin
    path = f"v1/content/{content['guid']}/permissions"
    for body in (
        {},
        {"principal_guid": viewer.guid, "role": "editor"},
        {"principal_guid": viewer.guid, "role": "owner"},
        {"principal_guid": viewer.guid, "principal_type": "group", "role": "viewer"},
        {"principal_guid": group["guid"], "principal_type": "user", "role": "viewer"},
        {"principal_guid": group["guid"], "principal_type": "team", "role": "viewer"},
        {"principal_guid": stranger.guid, "principal_type": "user", "role": "viewer"},
        {"principal_guid": "x", "role": "viewer"},
        {"principal_guid": viewer.guid, "role": "viewer", "send_email": True},
        {"principal_guid": viewer.guid, "role": "viewer", "surprise": 1},
    ):
        assert owner.api("POST", path, json=body).status_code == 400, body
    assert owner.api.ok("GET", path) == []


def test_a_permission_is_not_given_on_to_somebody_else(account, owner, content, group):
    viewer, other = account.add("viewer"), account.add("viewer")
    path = f"v1/content/{content['guid']}/permissions"
    body = {"principal_guid": viewer.guid, "principal_type": "user", "role": "viewer"}
    made = owner.api.ok("POST", path, json=body)
    there = f"{path}/{made['id']}"
    for wrong in (
        {**body, "principal_guid": other.guid},
        {**body, "principal_guid": group["guid"], "principal_type": "group"},
        {**body, "role": "owner"},
        {"principal_guid": viewer.guid},
        {},
    ):
        assert owner.api("PUT", there, json=wrong).status_code == 400, wrong
    assert owner.api.ok("GET", there) == made == owner.api.ok("PUT", there, json=body)


def test_a_permission_of_another_content_is_not_found(account, owner, content):
    viewer, elsewhere = account.add("viewer"), account.add_content(owner)
    body = {"principal_guid": viewer.guid, "principal_type": "user", "role": "viewer"}
    made = owner.api.ok("POST", f"v1/content/{elsewhere['guid']}/permissions", json=body)
    for identity in (made["id"], viewer.guid, "0", "x", "99999"):
        path = f"v1/content/{content['guid']}/permissions/{identity}"
        owner.api.refused(404, 4, "GET", path)
        owner.api.refused(404, 4, "PUT", path, json=body)
        owner.api.refused(404, 4, "DELETE", path)
    assert owner.api.ok("GET", f"v1/content/{elsewhere['guid']}/permissions") == [made]
