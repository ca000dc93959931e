"""Restarts: a socket that systemd holds loses no request, answers under way are finished, what hangs is broken off."""

import http.client
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness.account import TOKEN_EXCHANGE, USER_SESSION_TOKEN
from harness.browser import links_of
from harness.held_socket import HeldGatehouse
from harness.load import Load, get, post
from harness.operations import Operations
from harness.process import DidNotStart
from harness.scene import EXPIRED_SECONDS, play
from harness.waiting import wait_until


@pytest.fixture
def held(own_stage):
    """A server whose socket the test holds."""
    server = HeldGatehouse(own_stage.folder("gatehouse"))
    own_stage.servers.append(server)
    return server.start()


def exchanging(scene):
    form = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token_type": USER_SESSION_TOKEN,
        "subject_token": scene.token,
    }
    body = requests.models.RequestEncodingMixin._encode_params(form)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"Key {scene.publisher.key}",
    }
    return post("/__api__/v1/oauth/integrations/credentials", body, headers)


def test_ten_restarts_under_load_refuse_no_request(held, own_stage):
    scene = play(held, own_stage.simulator("databricks"))
    load = Load(held.base_url.replace("localhost", "127.0.0.1"), [exchanging(scene), get("/__ping__")] * 4)
    try:
        for _ in range(10):
            before = load.answered
            wait_until(lambda before=before: load.answered > before + 100, "it is busy")
            assert held.stop() == 0
            held.start()
    finally:
        load.stop()
    assert load.failures == []
    assert load.closed >= 10, "clients were told by the answers"


def test_a_provider_that_never_answers_holds_up_a_restart_and_loses_nothing(held, own_stage):
    """What arrives while the old process waits for the provider is answered by the new one."""
    provider = own_stage.simulator("databricks")
    scene = play(held, provider)
    held.stop()
    held.start(clock_offset=EXPIRED_SECONDS)
    provider.fault("token", "hold_before", grant="refresh_token")
    load = Load(held.base_url.replace("localhost", "127.0.0.1"), [get("/__ping__")] * 4)
    try:
        with ThreadPoolExecutor(1) as pool:
            exchange = pool.submit(scene.exchange)
            provider.await_held()
            held.child.process.send_signal(signal.SIGTERM)
            answer = exchange.result()
        assert answer.status_code == 502 and answer.json()["code"] == 219
        assert answer.headers["Connection"] == "close"
        assert held.child.await_exit() == 0
        held.start(clock_offset=EXPIRED_SECONDS)
        before = load.answered
        wait_until(lambda: load.answered > before + 100, "it is busy again")
    finally:
        load.stop()
    assert load.failures == []
    assert provider.whoami(scene.credentials()["access_token"]) == "vera"
    # The old process's request is still held: what the provider has not seen was not used up.
    provider.release()


def test_what_was_broken_off_counts_as_a_lost_answer(own_stage):
    """As after kill -9: the provider has used the refresh token up, and the session says so."""
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    provider.set(rotate_refresh_tokens=True, single_use_refresh_tokens=True)
    scene = play(server, provider)
    server.restart(clock_offset=EXPIRED_SECONDS)
    provider.fault("token", "hold_after", grant="refresh_token")
    with ThreadPoolExecutor(1) as pool:
        exchange = pool.submit(scene.exchange)
        provider.await_held()
        server.child.process.send_signal(signal.SIGTERM)
        assert exchange.result().json()["code"] == 219
    assert server.child.await_exit() == 0
    provider.clear_faults()
    provider.release()
    server.start(clock_offset=EXPIRED_SECONDS)
    assert scene.refused(220)["payload"]["reason"] == "refresh_answer_lost"


def test_an_answer_within_the_drain_is_stored(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    provider.set(rotate_refresh_tokens=True, single_use_refresh_tokens=True)
    scene = play(server, provider)
    server.restart(clock_offset=EXPIRED_SECONDS)
    provider.fault("token", "hold_after", grant="refresh_token")
    with ThreadPoolExecutor(1) as pool:
        exchange = pool.submit(scene.exchange)
        provider.await_held()
        server.child.process.send_signal(signal.SIGTERM)
        wait_until(lambda: is_refused(server.port), "it takes no connections any more")
        provider.release()
        answer = exchange.result()
    assert answer.status_code == 200 and answer.headers["Connection"] == "close"
    assert server.child.await_exit() == 0
    server.start(clock_offset=EXPIRED_SECONDS)
    provider.reset_counters()
    assert scene.credentials()["access_token"] == answer.json()["access_token"]
    assert provider.counters()["token_requests"] == 0


def is_refused(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def test_a_login_that_was_broken_off_ends_on_a_page_with_another(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    start = scene.viewer.start_login(scene.integration)
    callback = provider.authorize_as("vera", start.headers["Location"])
    provider.fault("token", "hold_before", grant="authorization_code")
    with ThreadPoolExecutor(1) as pool:
        login = pool.submit(scene.viewer.browser.get, callback, follow=False)
        provider.await_held()
        server.child.process.send_signal(signal.SIGTERM)
        page = login.result()
    assert server.child.await_exit() == 0
    assert page.status_code == 400 and "restarted before the provider had answered" in page.text
    assert "Log in again" in page.text
    provider.clear_faults()
    provider.release()
    server.start()
    [again] = [link for link in links_of(page) if f"{scene.integration['guid']}/login" in link]
    start = scene.viewer.browser.get(again, follow=False)
    done = scene.viewer.browser.get(provider.authorize_as("vera", start.headers["Location"]), follow=False)
    assert done.status_code == 302
    assert provider.whoami(scene.credentials()["access_token"]) == "vera"


def test_load_balancers_are_told_before_the_server_leaves(own_stage):
    operations = Operations()
    server = own_stage.gatehouse(options=(*operations.options, "--shutdown-delay", "3"))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    server.child.process.send_signal(signal.SIGTERM)
    for ask in (operations.get, server.get):
        wait_until(lambda ask=ask: ask("/readyz").status_code == 503, "it is told on both listeners")
        assert ask("/readyz").json()["reason"] == "shutting_down"
    answer = get("/__ping__")(connection)
    assert answer.status == 200 and answer.read() and answer.getheader("Connection") is None, "served as before"
    assert server.child.running
    assert server.child.await_exit() == 0


@pytest.mark.parametrize("value", ["-1", "301", "1.5", "soon"])
def test_a_delay_that_is_no_delay_stops_the_start(own_stage, value):
    server = own_stage.gatehouse(start=False)
    done = server.run("check-config", f"--shutdown-delay={value}")
    assert done.returncode == 78
    words = "--shutdown-delay (GATEHOUSE_SHUTDOWN_DELAY) must be a time from 0s to 300s, such as 75s or 2m."
    assert done.stderr == f"gatehouse: {words}\n"


def test_an_idle_connection_is_closed_and_does_not_hold_up_the_end(own_stage):
    server = own_stage.gatehouse()
    with (
        socket.create_connection(("127.0.0.1", server.port)) as idle,
        socket.create_connection(("127.0.0.1", server.port)) as used,
    ):
        used.sendall(b"GET /__ping__ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert used.recv(4096).startswith(b"HTTP/1.1 200")
        server.child.process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b"" and used.recv(1) == b""
    assert server.child.await_exit() == 0


def test_a_socket_that_is_meant_for_another_process_is_left_alone(own_stage):
    server = HeldGatehouse(own_stage.folder("gatehouse"))
    own_stage.servers.append(server)
    with pytest.raises(DidNotStart) as failed:
        server.start(pid=str(os.getpid()))
    assert failed.value.output.startswith(f"gatehouse: cannot listen at {server.listen}: another program has this port")
    assert failed.value.code == 69


def test_what_is_no_socket_that_listens_stops_the_start_with_a_sentence(own_stage):
    server = HeldGatehouse(own_stage.folder("gatehouse"))
    own_stage.servers.append(server)
    server.socket.close()
    server.socket = socket.socket()
    with pytest.raises(DidNotStart) as failed:
        server.start()
    assert failed.value.code == 78
    assert "descriptor 3 is no TCP socket that listens" in failed.value.output
    assert len(failed.value.output) < 400


def test_a_socket_that_fails_is_listened_at_anew(held):
    """`shutdown` on the shared socket is a failure of `accept` that does not pass by itself."""
    held.socket.shutdown(socket.SHUT_RDWR)
    wait_until(lambda: "a listener has failed and begins anew" in held.logs, "it is noticed")

    def answers() -> bool:
        try:
            return held.get("/__ping__").status_code == 200
        except requests.ConnectionError:
            return False

    wait_until(answers, "it listens again")
    assert held.child.running


def test_a_taken_port_is_told_in_a_sentence(own_stage):
    first, second = own_stage.gatehouse(), own_stage.gatehouse(start=False)
    second.listen = first.listen
    with pytest.raises(DidNotStart) as failed:
        second.start()
    assert failed.value.output == (
        f"gatehouse: cannot listen at {first.listen}: another program has this port (`ss -ltnp` names it; "
        "systemd itself holds that of gatehouse.socket). Stop it, or choose another port with --listen."
    )
    assert failed.value.code == 69


def test_a_command_during_a_restart_is_carried_out(held):
    """It waits for whoever has the folder, and is done once."""
    held.create_account("acme")
    made = []

    def work() -> None:
        for number in range(5):
            made.append(held.json("user", "create", "acme", "--email", f"u{number}@acme.example"))

    worker = threading.Thread(target=work)
    worker.start()
    while worker.is_alive():
        held.restart()
    worker.join()
    assert len(made) == 5
    assert len(held.json("user", "list", "acme")) == 6
