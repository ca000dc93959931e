"""Shared resources: one account takes its own share of each, and the others do not notice."""

import io
import tarfile
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness.browser import Browser, form_with
from harness.bundles import bundle
from harness.operations import Operations
from harness.scene import due, play
from harness.waiting import wait_until
from harness.wire import Wire

SHARE = {"outbound": 64, "passwords": 1, "uploads": 4, "inspection": 1, "parsing": 1, "provider_answers": 1}
SHARE |= {"large_answers": 4}
"""What one account has of each resource: docs/threat_model.md."""
LARGE_ANSWERS_OF_A_PERSON = 2


@pytest.fixture(scope="module")
def operations() -> Operations:
    return Operations()


@pytest.fixture(scope="module")
def server(stage, operations):
    return stage.gatehouse(options=operations.options)


@pytest.fixture(scope="module")
def places(operations):
    """How many places of a pool are held, and how many pieces of work wait for one."""

    def read(pool: str) -> tuple[int, int]:
        samples = operations.samples()
        held = samples["gatehouse_pool_places", frozenset({("pool", pool), ("state", "held")})]
        waiting = samples["gatehouse_pool_waiting", frozenset({("pool", pool)})]
        return int(held), int(waiting)

    return read


@pytest.fixture
def together():
    """Calls many functions at the same time, and waits for all of them at the end."""
    with ThreadPoolExecutor(160) as threads:
        yield lambda calls: [threads.submit(call) for call in calls]


def test_an_account_whose_provider_hangs_leaves_the_others_their_connections(server, own_stage, places, together):
    attacker, provider = server.create_account(), own_stage.simulator()
    scene = play(server, own_stage.simulator())
    robots = [attacker.add_service_account(provider, f"Robot {number}") for number in range(SHARE["outbound"] + 40)]
    provider.fault("token", "hold_before", times=len(robots))
    calls = together(
        [
            lambda guid=robot["guid"]: attacker.admin.api("POST", f"v1/oauth/integrations/{guid}/verify")
            for robot in robots
        ]
    )
    provider.await_held(SHARE["outbound"])
    wait_until(lambda: places("outbound") == (SHARE["outbound"], 40), "all others of that account wait")
    assert scene.exchange(headers={"Cache-Control": "no-cache"}).status_code == 200
    assert scene.provider.counters()["refresh_grants"] == 1, scene.provider.counters()
    provider.clear_faults()
    provider.release()
    assert all(call.result().status_code < 500 for call in calls)
    assert places("outbound") == (0, 0)


def test_logins_pass_the_circuit_of_their_provider(server, own_stage):
    """What does not answer is left alone by logins as by refreshes."""
    account, provider = server.create_account(), own_stage.simulator()
    integration = account.add_integration(provider)
    provider.add_user("vera")
    viewer = account.add("viewer")
    viewer.accept_invite()
    provider.fault("token", "status", times=100, status=503)
    for _ in range(5):
        assert "could not be reached" in viewer.log_in_at(provider, integration, "vera").text
    asked = provider.counters()["token_requests"]
    page = viewer.log_in_at(provider, integration, "vera").text
    assert "left alone for" in page and "try again" in page
    assert provider.counters()["token_requests"] == asked


def test_codes_that_a_provider_fails_at_keep_no_token_from_being_refreshed(server, own_stage):
    provider = own_stage.simulator("databricks")
    scene = due(server, provider)
    stranger = scene.account.add("viewer")
    stranger.accept_invite()
    for status in (403, 503):
        provider.fault("token", "raw", grant="authorization_code", times=8, status=status, body="blocked")
        for _ in range(8):
            state = stranger.start_login(scene.integration).headers["Location"].split("state=")[1].split("&")[0]
            callback = f"{scene.integration['redirect_uri']}?code=junk&state={state}"
            assert stranger.browser.get(callback, follow=False).status_code == 400
        provider.clear_faults()
    before = provider.counters()["refresh_grants"]
    assert scene.exchange().status_code == 200
    assert provider.counters()["refresh_grants"] == before + 1


def browser_at(address: str) -> Browser:
    browser = Browser()
    browser.session.headers["X-Forwarded-For"] = address
    return browser


def guess(account, address: str):
    """A wrong password of nobody."""
    browser = browser_at(address)
    page = browser.get(account.url("sign-in"))
    return browser.submit(form_with(page, "email"), email=f"{address}@x.example", password="a wrong password")


def test_one_accounts_sign_ins_do_not_refuse_anothers(server, places, together):
    attacker, victim = server.create_account(), server.create_account()
    people = [attacker.add("viewer") for _ in range(5)]
    for person in [*people, victim.admin]:
        person.accept_invite()

    # Each from an address of its own: what is counted by address is another matter.
    calls = together(
        [
            lambda person=person, number=number: person.sign_in(browser_at(f"192.0.2.{number}"))
            for number, person in enumerate(people * 12)
        ]
    )
    seen = []

    def is_busy() -> bool:
        seen.append(places("passwords"))
        return seen[-1][1] > 0

    wait_until(is_busy, "sign-ins wait for a thread")
    assert max(held for held, _ in seen) == SHARE["passwords"]
    for _ in range(10):
        assert victim.admin.sign_in(Browser()).status_code == 200
    refused = [call.result() for call in calls if call.result().status_code == 429]
    assert refused, "the account's own queue is bounded"
    assert all("Too many people of this account" in answer.text for answer in refused)


def test_a_stranger_with_many_networks_keeps_nobody_of_the_account_out(server, places, together):
    account = server.create_account()
    account.admin.accept_invite()
    guesses = together([lambda n=n: guess(account, f"2001:db8:1:{n:x}::1") for n in range(120)])
    wait_until(lambda: places("passwords")[1] >= 15, "the account's queue is full")
    assert account.admin.sign_in(browser_at("198.51.100.1")).status_code == 200
    assert any("Too many people of this account" in call.result().text for call in guesses)


def test_guesses_are_counted_by_the_networks_that_one_customer_may_have(server, together):
    account = server.create_account()
    account.admin.accept_invite()
    counted = together([lambda n=n: guess(account, f"2001:db8:2:{n:x}::1") for n in range(100)])
    assert {call.result().status_code for call in counted} <= {401, 429}
    refused = account.admin.sign_in(browser_at("2001:db8:2:ff::1"))
    assert refused.status_code == 429 and "too many attempts" in refused.text
    assert account.admin.sign_in(browser_at("2001:db8:2:100::1")).status_code == 200


def test_a_right_password_is_no_reason_to_go_on_without_end(server):
    person = server.create_account().admin
    person.accept_invite()
    for _ in range(60):
        assert person.sign_in(Browser()).status_code == 200
    refused = person.sign_in(Browser())
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 60


def endless_upload(server, person, path: str) -> Wire:
    """An upload that has begun, and goes on for as long as the test likes."""
    wire = Wire(server.port)
    headers = {"Authorization": f"Key {person.key}", "Transfer-Encoding": "chunked"}
    wire.request("POST", f"/{path}/bundles", headers)
    return wire


def test_uploads_have_places(server, places):
    attacker, victim = server.create_account().add("publisher"), server.create_account().add("publisher")
    paths = [f"v1/content/{person.api.ok('POST', 'v1/content', json={})['guid']}" for person in (attacker, victim)]
    uploads = [endless_upload(server, attacker, paths[0]) for _ in range(SHARE["uploads"])]
    wait_until(lambda: places("uploads") == (SHARE["uploads"], 0), "the first ones have places")
    uploads += [endless_upload(server, attacker, paths[0]) for _ in range(2)]
    wait_until(lambda: places("uploads") == (SHARE["uploads"], 2), "the others wait")
    assert victim.api.ok("POST", f"{paths[1]}/bundles", data=bundle())["id"]
    uploads[0].socket.close()
    wait_until(lambda: places("uploads") == (SHARE["uploads"], 1), "the next one has the place")
    for upload in uploads:
        upload.socket.close()
    wait_until(lambda: places("uploads") == (0, 0), "all are gone")


def entries(count: int) -> bytes:
    """An archive of a manifest and so many empty files: small on the wire, long to read."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=9, format=tarfile.USTAR_FORMAT) as tar:
        text = b'{"version": 1, "metadata": {"appmode": "python-shiny"}, "files": {}}'
        first = tarfile.TarInfo("manifest.json")
        first.size = len(text)
        tar.addfile(first, io.BytesIO(text))
        for number in range(count):
            tar.addfile(tarfile.TarInfo(f"f{number}"))
    return packed.getvalue()


def test_an_archive_has_so_many_entries_at_most(server):
    person = server.create_account().add("publisher")
    path = f"v1/content/{person.api.ok('POST', 'v1/content', json={})['guid']}/bundles"
    assert person.api.ok("POST", path, data=entries(1000))["id"]
    error = person.api.refused(400, 25, "POST", path, data=entries(50_001))
    assert "more than 50000 files" in error["error"]


def test_a_manifest_has_256_kib_at_most(server):
    person = server.create_account().add("publisher")
    path = f"v1/content/{person.api.ok('POST', 'v1/content', json={})['guid']}/bundles"
    assert person.api.ok("POST", path, data=bundle(padding="x" * (255 << 10)))["id"]
    error = person.api.refused(400, 25, "POST", path, data=bundle(padding="x" * (256 << 10)))
    assert "manifest.json has more than 262144 bytes" in error["error"]


def test_archives_are_read_on_threads_of_which_an_account_has_one(server, places, together):
    attacker, victim = server.create_account().add("publisher"), server.create_account().add("publisher")
    path = f"v1/content/{attacker.api.ok('POST', 'v1/content', json={})['guid']}/bundles"
    data = entries(20_000)
    calls = together([lambda: attacker.api("POST", path, data=data)] * SHARE["uploads"])
    seen = []

    def is_busy() -> bool:
        seen.append(places("inspection"))
        return seen[-1][1] > 0

    wait_until(is_busy, "uploads of that account wait for its thread")
    assert max(held for held, _ in seen) == SHARE["inspection"]
    own = f"v1/content/{victim.api.ok('POST', 'v1/content', json={})['guid']}/bundles"
    calls += together([lambda: victim.api("POST", own, data=data)])
    wait_until(lambda: places("inspection")[0] == 2 * SHARE["inspection"], "the other account has its own thread")
    assert {call.result().status_code for call in calls} == {200}


@pytest.mark.parametrize("path", ["v1/content", "v1/workbench/sessions"])
def test_large_bodies_are_read_on_threads_of_which_an_account_has_one(server, places, together, path):
    attacker, victim = server.create_account().admin, server.create_account().admin
    body = b'{"a":[' + b"0," * 500_000 + b"0]}"

    def send(person):
        return person.api("POST", path, data=body, headers={"Content-Type": "application/json"})

    calls = together([lambda: send(attacker)] * 8)
    seen = []

    def is_busy() -> bool:
        seen.append(places("parsing"))
        return seen[-1][1] > 0

    wait_until(is_busy, "bodies of that account wait for its thread")
    assert max(held for held, _ in seen) == SHARE["parsing"]
    calls += together([lambda: send(victim)])
    wait_until(lambda: places("parsing")[0] == 2 * SHARE["parsing"], "the other account has its own thread")
    assert {call.result().status_code for call in calls} == {400}


def test_large_bodies_of_strangers_have_one_share_together(server, places, together):
    account = server.create_account()
    form = "&".join(f"field{number}=%41%41%41%41" for number in range(40_000))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    def send(number: int):
        return requests.post(
            account.url("sign-in"), data=form, headers={**headers, "X-Forwarded-For": f"2001:db8:{number:x}::1"}
        )

    calls = together([lambda number=number: send(number) for number in range(8)])
    seen = []

    def is_busy() -> bool:
        seen.append(places("parsing"))
        return seen[-1][1] > 0

    wait_until(is_busy, "forms of strangers wait for their thread")
    assert max(held for held, _ in seen) == SHARE["parsing"]
    assert {call.result().status_code for call in calls} <= {400, 403, 422}


def test_long_answers_of_providers_are_read_on_threads_of_which_an_account_has_one(server, own_stage, places, together):
    attacker, provider = server.create_account(), own_stage.simulator()
    scene = play(server, own_stage.simulator())
    robots = [attacker.add_service_account(provider, f"Robot {number}") for number in range(8)]
    provider.fault("token", "raw", times=8, status=200, body='{"a":[' + "0," * 400_000 + "0]}")
    calls = together(
        [
            lambda guid=robot["guid"]: attacker.admin.api("POST", f"v1/oauth/integrations/{guid}/verify")
            for robot in robots
        ]
    )
    seen = []

    def is_busy() -> bool:
        seen.append(places("provider_answers"))
        return seen[-1][1] > 0

    wait_until(is_busy, "answers for that account wait for its thread")
    assert scene.exchange(headers={"Cache-Control": "no-cache"}).status_code == 200
    assert [call.result().status_code for call in calls] == [400] * 8
    assert max(held for held, _ in seen) == SHARE["provider_answers"]


def test_large_answers_that_nobody_reads_have_places(server, places, together):
    attacker, victim = server.create_account(), server.create_account()
    publisher = attacker.add("publisher")
    for number in range(150):
        body = {"title": f"Content {number}", "description": "x" * 4000}
        publisher.api.ok("POST", "v1/content", json=body)

    def ask(key: str, count: int) -> list[Wire]:
        wires = [Wire(server.port, 4096) for _ in range(count)]
        for wire in wires:
            wire.request("GET", "/v1/content", {"Authorization": f"Key {key}"})
        return wires

    wires = ask(publisher.key, LARGE_ANSWERS_OF_A_PERSON + 3)
    wait_until(lambda: places("large_answers") == (LARGE_ANSWERS_OF_A_PERSON, 3), "one person has their part")
    wires += ask(attacker.admin.key, LARGE_ANSWERS_OF_A_PERSON + 3)
    wait_until(lambda: places("large_answers") == (SHARE["large_answers"], 6), "the account has its share")
    assert victim.admin.api.ok("GET", "v1/user")["guid"]
    # All read at the same time: whoever waits for a place waits a limited time only.
    assert [answer.result().status for answer in together([wire.answer for wire in wires])] == [200] * len(wires)
    wait_until(lambda: places("large_answers") == (0, 0), "all are read")
    for wire in wires:
        wire.socket.close()


def test_large_answers_to_workbench_have_places_too(server, places, together):
    account = server.create_account()
    long = f"https://provider.example/{'a' * 1900}"
    for number in range(100):
        account.integrate(
            "custom",
            f"Source {number}",
            authorization_uri=long,
            token_uri=long,
            client_id="id",
            client_secret="a secret",
            scopes="s" * 1900,
        )
    session = account.admin.api.ok("POST", "v1/workbench/sessions", json={})
    cookie = next(one["value"] for one in session["environment"] if one["name"] == "RS_SESSION_RPC_COOKIE")
    wires = [Wire(server.port, 4096) for _ in range(LARGE_ANSWERS_OF_A_PERSON + 2)]
    for wire in wires:
        wire.request("GET", "/oauth_integrations", {"X-RS-Session-Server-RPC-Cookie": cookie})
    wait_until(lambda: places("large_answers") == (LARGE_ANSWERS_OF_A_PERSON, 2), "the others wait")
    assert [answer.result().status for answer in together([wire.answer for wire in wires])] == [200] * len(wires)
    wait_until(lambda: places("large_answers") == (0, 0), "all are read")
    for wire in wires:
        wire.socket.close()
