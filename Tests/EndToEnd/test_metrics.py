"""What operators see: metrics that Prometheus reads, health, a log that machines read; no secret in any of it."""

import json
import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness.browser import Browser, form_with
from harness.disk import fill
from harness.hunting import spellings, strings_in
from harness.operations import Operations, Prometheus, promtool
from harness.process import DidNotStart
from harness.scene import EXPIRED_SECONDS, play
from harness.simulator import REPOSITORY
from harness.waiting import DEADLINE_SECONDS, wait_until


class Observed:
    """A server that is watched while the main job, and some of what can go wrong, happens in it."""

    def __init__(self, stage) -> None:
        self.operations = Operations()
        options = (*self.operations.options, "--log-format", "json", "--log-level", "trace")
        self.server = stage.gatehouse(options=options)
        self.provider = stage.simulator("databricks")
        self.scene = play(self.server, self.provider)
        for _ in range(3):
            self.scene.credentials()
        self.scene.credentials(headers={"Cache-Control": "no-cache", "X-Correlation-ID": "the-refresh"})
        self.scene.publisher.api.exchange_refused(215, self.scene.token + "x")
        self.scene.viewer.ask_gateway(self.scene.content)
        self.bad_logins()
        self.bad_sign_in()
        self.counted = self.operations.samples()
        """Before any test has asked for more."""

    def bad_logins(self) -> None:
        viewer, integration = self.scene.viewer, self.scene.integration
        for fault in ("refused", "down"):
            start = viewer.start_login(integration)
            callback = self.provider.authorize_as("vera", start.headers["Location"])
            if fault == "refused":
                self.provider.fault("token", "status", error="invalid_client", status=401)
            else:
                self.provider.fault("token", "status", status=500)
            viewer.browser.get(callback, follow=False)
            self.provider.clear_faults()
        start = viewer.start_login(integration)
        callback = self.provider.authorize_as("vera", start.headers["Location"])
        denied = callback.split("?")[0] + "?error=access_denied&" + callback[callback.index("state=") :]
        viewer.browser.get(denied, follow=False)

    def bad_sign_in(self) -> None:
        browser = Browser(self.server.journal)
        page = browser.get(self.scene.account.url("sign-in"))
        self.wrong_password = "a wrong password that was typed"
        browser.submit(form_with(page, "email"), email=self.scene.viewer.email, password=self.wrong_password)

    def secrets(self) -> set[str]:
        people = (self.scene.account.admin, self.scene.publisher, self.scene.viewer)
        found = {person.key for person in people} | {person.password for person in people}
        found |= {self.scene.token, self.wrong_password, self.provider.client_secret, *self.provider.passwords.values()}
        return found | {one for values in self.provider.issued().values() for one in strings_in(values)}

    def names(self) -> set[str]:
        """What is no secret, and yet nobody's business who may only look at metrics."""
        people = (self.scene.account.admin, self.scene.publisher, self.scene.viewer)
        found = {self.scene.account.slug, self.scene.integration["guid"], self.scene.content["guid"]}
        return found | {person.email for person in people} | {person.guid for person in people}

    def records(self) -> list[dict]:
        return [json.loads(line) for line in self.server.logs.splitlines()]


@pytest.fixture(scope="module")
def observed(stage) -> Observed:
    return Observed(stage)


def test_what_happened_was_counted(observed):
    def value(name: str, **labels: str) -> float:
        return observed.counted.get((name, frozenset(labels.items())), 0)

    assert value("gatehouse_exchanges_total", outcome="granted") == 2
    assert value("gatehouse_exchanges_total", outcome="remembered") == 2
    assert value("gatehouse_exchanges_total", outcome="code_215") == 1
    assert value("gatehouse_refreshes_total", template="databricks", outcome="granted") == 1
    for outcome in ("granted", "declined", "refused", "unavailable"):
        assert value("gatehouse_logins_total", template="databricks", outcome=outcome) == 1, outcome
    asked = {"template": "databricks", "operation": "authorization_code"}
    assert value("gatehouse_provider_request_seconds_count", **asked) == 3
    assert value("gatehouse_provider_request_seconds_bucket", le="+Inf", **asked) == 3
    assert 0 < value("gatehouse_provider_request_seconds_sum", **asked) < 60
    assert value("gatehouse_provider_request_seconds_count", template="databricks", operation="refresh") == 1
    assert value("gatehouse_sign_ins_total", outcome="rejected") == 1
    assert value("gatehouse_gateway_answers_total", answer="allowed") >= 1
    assert value("gatehouse_accounts") == value("gatehouse_accounts_open") == 1
    for queue in ("webhooks", "revocations"):
        assert ("gatehouse_queue_depth", frozenset({("queue", queue)})) in observed.counted
    assert value("gatehouse_metrics_refused_total") == 0, "the server measures nothing that the catalogue does not know"


def test_requests_are_counted_by_route_and_never_by_address(observed):
    routes = {
        dict(labels)["route"]
        for name, labels in observed.operations.samples()
        if name == "gatehouse_http_request_seconds_count"
    }
    assert "/v1/oauth/integrations/credentials" in routes
    assert "/__oauth__/integrations/{guid}/login" in routes

    def count(method: str) -> float:
        return observed.operations.value("gatehouse_http_requests_total", method=method, status="404")

    before, others = count("GET"), count("other")
    observed.server.get("/nowhere/at/all?code=secret")
    requests.request("PROPFIND", observed.server.url("/nowhere"), timeout=DEADLINE_SECONDS)
    wait_until(lambda: (count("GET"), count("other")) == (before + 1, others + 1), "each is counted once")
    assert "PROPFIND" not in observed.operations.text() and "nowhere" not in observed.operations.text()


def test_many_exchanges_at_once_all_count(observed):
    def total() -> float:
        return sum(v for (name, _), v in observed.operations.samples().items() if name == "gatehouse_exchanges_total")

    before = total()
    with ThreadPoolExecutor(50) as pool:
        answers = [one.result() for one in [pool.submit(observed.scene.exchange) for _ in range(1000)]]
    assert {answer.status_code for answer in answers} == {200}
    assert total() == before + 1000


def test_promtool_has_nothing_to_say(observed):
    checked = promtool("check", "metrics", text=observed.operations.text())
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    broken = promtool("check", "metrics", text=observed.operations.text() + "gatehouse_accounts{ 1\n")
    assert broken.returncode != 0, "promtool does look"


def test_prometheus_scrapes(observed, own_stage):
    prometheus = own_stage.keep(Prometheus(own_stage.folder("prometheus"), f"127.0.0.1:{observed.operations.port}"))
    prometheus.await_value('up{job="gatehouse"}', 1)
    prometheus.await_value('gatehouse_refreshes_total{template="databricks",outcome="granted"}', 1)
    quantile = 'histogram_quantile(0.9, sum by (le) (gatehouse_provider_request_seconds_bucket{template="databricks"}))'
    assert 0 < prometheus.await_any(quantile) < 30
    assert prometheus.await_any("process_resident_memory_bytes") > 1_000_000
    assert prometheus.await_any("time() - process_start_time_seconds") < 3600


def test_no_secret_and_no_name_is_in_the_metrics(observed):
    text = observed.operations.text().encode()
    assert len(observed.secrets()) > 15
    assert [one for one in observed.secrets() if len(one) >= 12 for form in spellings(one) if form in text] == []
    assert [one for one in observed.names() if one.encode() in text] == []


def test_no_secret_is_in_the_most_talkative_log(observed):
    log = observed.server.logs.encode()
    assert len(observed.records()) > 30
    assert [one for one in observed.secrets() if len(one) >= 12 for form in spellings(one) if form in log] == []


def test_each_line_that_the_server_prints_is_one_object(observed):
    assert {"listening on " + observed.server.base_url.replace("localhost", "127.0.0.1")} <= {
        record["message"] for record in observed.records()
    }
    for record in observed.records():
        assert list(record)[:3] == ["time", "level", "message"], record
        assert record["time"].endswith("Z") and len(record["time"]) == len("2024-09-10T14:39:50.007Z")
        assert record["level"] in ("trace", "debug", "info", "notice", "warning", "error", "critical")


def test_an_access_record_tells_the_route_and_nothing_else_of_the_address(observed):
    answered = [record for record in observed.records() if record["message"] == "a request was answered"]
    callbacks = [record for record in answered if record["route"] == "/v1/integrations/callback"]
    assert len(callbacks) == 4
    for record in callbacks:
        assert set(record) == {
            "time",
            "level",
            "message",
            "correlation_id",
            "method",
            "milliseconds",
            "route",
            "status",
        }
        assert record["method"] == "GET" and record["milliseconds"] > 0
    (refresh,) = [record for record in answered if record["correlation_id"] == "the-refresh"]
    assert refresh["route"] == "/v1/oauth/integrations/credentials" and refresh["status"] == 200
    assert all(record["correlation_id"] for record in answered)


def test_what_goes_wrong_deep_inside_carries_the_requests_id(own_stage):
    server, provider = own_stage.gatehouse(options=("--log-format", "json")), own_stage.simulator("databricks")
    scene = play(server, provider)
    server.restart(clock_offset=EXPIRED_SECONDS)
    provider.fault("token", "status", status=500)
    answer = scene.exchange(headers={"X-Correlation-ID": "find-me"})
    assert answer.json()["code"] == 219 and answer.headers["X-Correlation-ID"] == "find-me"
    record = json.loads(server.await_log("a provider gave no usable answer"))
    assert record["correlation_id"] == "find-me" and record["level"] == "warning"
    assert record["account"] == scene.account.slug and record["reason"] == "serverError"


def test_text_is_the_default_and_one_line_a_record(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider)
    server.restart(clock_offset=EXPIRED_SECONDS)
    provider.fault("token", "status", status=500)
    scene.exchange(headers={"X-Correlation-ID": "find-me"})
    (line,) = server.await_log("a provider gave no usable answer").splitlines()
    assert " warning a provider gave no usable answer to a refresh account=" in line
    assert " correlation_id=find-me " in line
    assert "a request was answered" not in server.logs, "that is for level debug"


def test_metrics_are_off_unless_asked_for(own_stage):
    server = own_stage.gatehouse()
    for path in ("/metrics", "/__api__/metrics"):
        assert server.get(path).status_code == 404
    assert "metrics at" not in server.logs


def test_the_operators_listener_serves_nothing_else(observed):
    assert observed.operations.get("/").status_code == 404
    assert observed.operations.get("/__api__/server_settings").status_code == 404
    assert observed.operations.get("/__ping__").status_code == 404


@pytest.mark.parametrize("path,status", [("/healthz", "ok"), ("/readyz", "ready")])
def test_health_is_told_on_both_listeners(observed, path, status):
    for answer in (observed.server.get(path), observed.operations.get(path)):
        assert answer.status_code == 200 and answer.json() == {"status": status}
        assert answer.headers["Content-Type"] == "application/json" and answer.headers["Cache-Control"] == "no-store"


def test_a_full_disk_is_not_ready_and_recovers(own_stage, small_disk):
    operations = Operations()
    server = own_stage.gatehouse(start=False, options=operations.options)
    server.data = small_disk / "data"
    server.start()
    assert operations.get("/readyz").status_code == 200
    before = {path.name for path in server.data.iterdir()}
    filler = small_disk / "filler"
    fill(filler)
    wait_until(lambda: operations.get("/readyz").status_code == 503, "a full disk is noticed")
    for answer in (operations.get("/readyz"), server.get("/readyz")):
        assert answer.status_code == 503
        assert answer.json()["reason"] == "data_folder_not_writable" and len(answer.json()["error"]) > 15
        assert str(small_disk) not in answer.text, "where the folder is, is nobody's business"
    assert operations.get("/healthz").status_code == server.get("/healthz").status_code == 200
    server.await_log("the data folder cannot be written")
    filler.unlink()
    wait_until(lambda: operations.get("/readyz").status_code == 200, "the space is back")
    assert {path.name for path in server.data.iterdir()} == before, "nothing is left behind"
    server.await_log("the data folder can be written again")
    # What is logged comes in its order.
    assert server.logs.count("the data folder cannot be written") == 1, "told once, however often it is asked"


def test_a_server_that_shuts_down_says_so_while_it_finishes(own_stage):
    operations = Operations()
    server, provider = own_stage.gatehouse(options=operations.options), own_stage.simulator("databricks")
    scene = play(server, provider)
    server.restart(clock_offset=EXPIRED_SECONDS)
    provider.fault("token", "hold_after", grant="refresh_token")
    with ThreadPoolExecutor(1) as pool:
        exchange = pool.submit(scene.exchange)
        provider.await_held()
        server.child.process.send_signal(signal.SIGTERM)
        wait_until(lambda: operations.get("/readyz").status_code == 503, "the shutdown is told")
        assert operations.get("/readyz").json()["reason"] == "shutting_down"
        assert operations.get("/healthz").status_code == 200
        assert operations.value("gatehouse_accounts") == 1, "metrics are served to the last"
        provider.release()
        assert exchange.result().status_code == 200
    assert server.child.await_exit() == 0


@pytest.mark.parametrize(
    "option,value,sentence",
    [
        ("--log-format", "xml", "--log-format must be one of text, json."),
        ("--log-level", "loud", "--log-level must be one of trace, debug, info, notice, warning, error, critical."),
        ("--metrics-listen", "9100", "--metrics-listen must be HOST:PORT"),
        ("--metrics-listen", ":9100", "--metrics-listen must name a host"),
    ],
)
def test_a_wrong_setting_is_named(own_stage, option, value, sentence):
    server = own_stage.gatehouse(start=False)
    variable = "GATEHOUSE" + option.removeprefix("-").replace("-", "_").upper()
    for more, environment in (((option, value), {}), ((), {variable: value})):
        done = server.run("check-config", *more, environment=environment)
        assert done.returncode == 78 and sentence in done.stderr, done.stderr


def test_settings_come_from_the_environment_too(own_stage):
    server = own_stage.gatehouse()
    environment = {
        "GATEHOUSE_METRICS_LISTEN": "[::1]:9100",
        "GATEHOUSE_LOG_FORMAT": "json",
        "GATEHOUSE_LOG_LEVEL": "debug",
    }
    done = server.run("check-config", "--json", environment=environment)
    told = json.loads(done.stdout)
    assert told["metrics_listen"] == "[::1]:9100"
    assert (told["log_format"], told["log_level"]) == ("json", "debug")


def test_a_port_that_is_taken_is_named(own_stage):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DidNotStart) as failure:
            own_stage.gatehouse(options=("--metrics-listen", address))
    words = f"cannot listen at {address}: another program has this port"
    assert words in failure.value.output and "--metrics-listen" in failure.value.output
    assert failure.value.code == 69
    assert "listening on http://" not in failure.value.output, "nobody is told to come in"


def test_tokens_that_no_viewer_logged_in_for_are_counted_too(observed, own_stage):
    provider, aws = own_stage.simulator("generic"), own_stage.aws()
    account = observed.scene.account
    robot = account.add_service_account(provider)
    host = aws.origin.removeprefix("http://")
    arn = "arn:aws:iam::123456789012:role/nobody"
    role = account.integrate(
        "aws", auth_type="Service Account", role_arn=arn, sts_region="us-east-1", sts_endpoint=host
    )

    def verify(integration: dict) -> int:
        return account.admin.api("POST", f"v1/oauth/integrations/{integration['guid']}/verify").status_code

    def counted(template: str, outcome: str) -> float:
        return observed.operations.value("gatehouse_service_tokens_total", template=template, outcome=outcome)

    def asked(template: str, operation: str) -> float:
        name = "gatehouse_provider_request_seconds_count"
        return observed.operations.value(name, template=template, operation=operation)

    assert verify(robot) == 200
    assert counted("custom", "granted") == asked("custom", "client_credentials") == 1
    provider.fault("token", "status", error="invalid_client", status=401, times=20)
    # The first pause is a second, and each is twice the last: on a slow machine the first may be over already.
    while not counted("custom", "held_back"):
        assert verify(robot) >= 400
    assert counted("custom", "held_back") == 1, "what was refused a moment ago is not asked again already"
    refused = counted("custom", "misconfigured")
    assert refused >= 1 and asked("custom", "client_credentials") == 1 + refused
    aws.refuse("AccessDenied", status=403)
    assert verify(role) >= 400
    assert counted("aws", "misconfigured") == asked("aws", "assume_role") == 1
    aws.stop()
    assert verify(role) >= 400
    assert counted("aws", "unavailable") == 1 and asked("aws", "assume_role") == 2
    assert observed.operations.value("gatehouse_metrics_refused_total") == 0


def test_the_alerts_that_are_shipped_speak_of_metrics_there_are():
    folder = REPOSITORY / "deploy" / "prometheus"
    checked = promtool("check", "config", str(folder / "prometheus.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    catalogue = (REPOSITORY / "Sources" / "Telemetry" / "Metrics" / "Catalogue.swift").read_text()
    named = set(re.findall(r"\b(?:gatehouse|process)_[a-z_]+", (folder / "alerts.yml").read_text()))
    assert len(named) > 4 and {name for name in named if f'"{name}"' not in catalogue} == set()
