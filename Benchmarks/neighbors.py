"""What a neighbor notices of an attack by another account: its times with the attack against without, in turn."""

import http.client
import io
import json
import multiprocessing
import os
import re
import secrets
import tarfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median, quantiles
from urllib.parse import urlsplit

from browser import Browser, send
from programs import BenchError, Program
from stage import EXCHANGE_PATH, Stage, create_account, create_user, free_port

ATTACKER = "attacker"
NICENESS = 10
"""Attackers are on other machines; here they must at least not take the CPU that the server needs."""
EFFECT_WITHIN_SECONDS = 15
SIGN_INS_PER_PERSON = 50
"""Under the server's own limit of a person's sign-ins."""
HANGING_CALLS = 110
ENTRIES = 50_000

Ask = Callable[[], object]


@dataclass
class Attack:
    name: str
    work: list[Ask]
    """Each is done by a thread of its own, again and again."""
    pool: str
    """It is in effect when something waits for a place of this pool."""
    asks: dict[str, Ask]
    """What the neighbor does meanwhile, which needs the same resource."""
    before: Ask = lambda: None
    after: Ask = lambda: None
    times: dict = field(default_factory=dict)


def measure_neighbors(options, folder, exchange_request, say):
    """The times of each of the neighbor's requests without and with each attack, from interleaved rounds."""
    metrics_port = free_port()
    folder = folder / "neighbors"
    folder.mkdir()
    hanging = Program(
        "provider-simulator",
        [options.binaries / "provider-simulator", "--kind", "databricks", "--listen", "127.0.0.1:0"],
        folder / "hanging.log",
    )
    with ExitStack() as stack:
        stack.callback(hanging.end)
        more = ["--metrics-listen", f"127.0.0.1:{metrics_port}", "--allow-host", f"localhost:{hanging.port}"]
        stage = Stage(options.binaries, folder, more)
        stack.callback(stage.end)
        say("Setting the stage: an attacker's account beside the neighbor's")
        stage.play()
        attacks = _attacks(stage, hanging, options, exchange_request)
        for number in range(1, options.rounds + 1):
            for attack in attacks:
                say(f"Round {number} of {options.rounds}: {attack.name}")
                _measure(attack, "without", options.samples)
                _under(attack, metrics_port, options.samples)
        return [_summary(attack, name) for attack in attacks for name in attack.asks]


def _measure(attack, case, samples):
    for name, ask in attack.asks.items():
        ask()
        for _ in range(samples):
            began = time.perf_counter()
            ask()
            attack.times.setdefault((name, case), []).append((time.perf_counter() - began) * 1000)


def _under(attack, metrics_port, samples):
    attack.before()
    # Forked before there are threads here; it ends with the benchmark.
    process = multiprocessing.get_context("fork").Process(target=_work, args=(attack.work,), daemon=True)
    process.start()
    try:
        _await_effect(attack, metrics_port)
        _measure(attack, "with", samples)
        if not process.is_alive() or _waiting(metrics_port, attack.pool) == 0:
            raise BenchError(f"The attack was over before the neighbor was: {attack.name}")
    finally:
        attack.after()
        process.kill()
        process.join()


def _work(asks):
    os.nice(NICENESS)

    def repeat(ask):
        while True:
            try:
                ask()
            except BenchError:
                time.sleep(0.1)

    for ask in asks:
        threading.Thread(target=repeat, args=(ask,), daemon=True).start()
    threading.Event().wait()


def _await_effect(attack, port):
    deadline = time.monotonic() + EFFECT_WITHIN_SECONDS
    while _waiting(port, attack.pool) == 0:
        if time.monotonic() > deadline:
            raise BenchError(f"The attack has no effect: nothing waits for {attack.pool}.")
        time.sleep(0.05)


def _waiting(port, pool):
    text = send("GET", f"http://127.0.0.1:{port}/metrics").require("The metrics").body.decode()
    return int(float(re.search(rf'^gatehouse_pool_waiting{{pool="{pool}"}} (\S+)$', text, re.MULTILINE).group(1)))


def _summary(attack, name):
    without, with_attack = (attack.times[name, case] for case in ("without", "with"))
    result = {"attack": attack.name, "ask": name}
    for measure, of in (("median", median), ("p99", lambda times: quantiles(times, n=100)[98])):
        result[f"{measure}_milliseconds"] = {"without": of(without), "with": of(with_attack)}
        result[f"{measure}_ratio"] = of(with_attack) / of(without)
    return result


class _Keyed:
    """Calls of the API with a key."""

    def __init__(self, stage, key):
        self.base = f"{stage.base_url}/__api__/v1/"
        self.headers = {"Authorization": f"Key {key}", "Content-Type": "application/json"}

    def __call__(self, method, path, body=None, **headers):
        return send(method, self.base + path, {**self.headers, **headers}, body)

    def ok(self, method, path, body=None, **headers):
        return self(method, path, body, **headers).require(f"{method} {path}").json()

    def content(self):
        return self.ok("POST", "content", json.dumps({"title": "Bench"}))["guid"]

    def robots(self, simulator, count):
        """Data sources in which content acts as itself."""
        secret = secrets.token_urlsafe(24)
        config = {"auth_type": "Service Account", "client_id": "robot", "client_secret": secret}
        config["workspace_host"] = f"localhost:{simulator.port}"
        client = {"client_id": "robot", "client_secret": secret, "redirect_uris": []}
        _control(simulator, "POST", "clients", client)
        made = []
        for number in range(count):
            body = {"name": f"Robot {number}", "description": "", "template": "databricks", "config": config}
            made.append(self.ok("POST", "oauth/integrations", json.dumps(body))["guid"])
        return made


class _Crowd:
    """People of an account who sign in with the right password, each a few times and from an address of their own."""

    def __init__(self, stage, slug, sign_ins, network):
        self.page = f"{stage.base_url}/accounts/{slug}/sign-in"
        self.network = network
        self.people = [self._person(stage, slug) for _ in range(sign_ins // SIGN_INS_PER_PERSON + 1)]
        self.turn = 0

    def _person(self, stage, slug):
        name = secrets.token_hex(6)
        person = create_user(stage.gatehouse_binary, stage.data, slug, "viewer", name)
        password = secrets.token_urlsafe(16)
        browser = Browser({})
        page = browser.open(person["invite_url"]).require("Opening the invitation")
        browser.fill_in(page, password=password, password_again=password)
        return f"{name}@{slug}.example", password

    def sign_in(self):
        self.turn += 1
        number = self.turn % len(self.people)
        email, password = self.people[number]
        browser = Browser({}, {"X-Forwarded-For": f"{self.network}.{number + 1}"})
        page = browser.open(self.page).require("The page to sign in")
        answer = browser.fill_in(page, email=email, password=password)
        if answer.status != 303:
            raise BenchError(f"A sign-in answered {answer.status}.")


def _attacks(stage, hanging, options, exchange_request):
    account = create_account(stage.gatehouse_binary, stage.data, ATTACKER)
    attacker, neighbor = _Keyed(stage, account["admin"]["api_key"]), _Keyed(stage, stage.admin_key)
    headers, form = exchange_request(stage)

    def exchange():
        send("POST", stage.base_url + EXCHANGE_PATH, headers, form).require("The exchange")

    [own_robot] = neighbor.robots(stage.simulator, 1)
    own, theirs = f"content/{neighbor.content()}", f"content/{attacker.content()}"
    small, heavy = _bundle(3), _bundle(ENTRIES)
    zipped = {"Content-Type": "application/gzip"}
    variables = json.dumps([{"name": f"BENCH_{number}", "value": "v" * 600} for number in range(150)])
    numbers = b'{"a":[' + b"0," * 500_000 + b"0]}"
    sign_ins = options.rounds * (options.samples + 1)
    crowd = _Crowd(stage, "bench", 2 * sign_ins, "192.0.2")
    hostile = _Crowd(stage, ATTACKER, 6 * sign_ins, "198.51.100")
    robots = attacker.robots(hanging, HANGING_CALLS)

    def upload():
        neighbor.ok("POST", f"{own}/bundles", small, **zipped)

    return [
        Attack(
            "a provider that never answers",
            [lambda guid=guid: attacker("POST", f"oauth/integrations/{guid}/verify") for guid in robots],
            "outbound",
            {"test of a data source": lambda: neighbor.ok("POST", f"oauth/integrations/{own_robot}/verify")}
            | {"exchange": exchange},
            before=lambda: _control(
                hanging, "POST", "faults", {"endpoint": "token", "kind": "hold_before", "times": 10 * HANGING_CALLS}
            ),
            after=lambda: (_control(hanging, "DELETE", "faults"), _control(hanging, "POST", "faults/release")),
        ),
        Attack(
            "sign-ins with right passwords",
            [hostile.sign_in] * 8,
            "passwords",
            {"sign-in": crowd.sign_in, "exchange": exchange},
        ),
        Attack(
            f"bundles of {ENTRIES:,} files",
            [lambda: attacker("POST", f"{theirs}/bundles", heavy, **zipped)] * 4,
            "inspection",
            {"upload": upload, "exchange": exchange},
        ),
        Attack(
            "1 MiB of JSON",
            [lambda: attacker("POST", "content", numbers)] * 8,
            "parsing",
            {"100 kB of JSON": lambda: neighbor.ok("PATCH", f"{own}/environment", variables), "exchange": exchange},
        ),
        Attack(
            "uploads that drip",
            [lambda: _drip(stage, attacker, theirs, heavy)] * 30,
            "uploads",
            {"upload": upload, "exchange": exchange},
        ),
    ]


def _control(simulator, method, path, body=None):
    headers = {"Content-Type": "application/json"}
    text = json.dumps(body) if body is not None else None
    send(method, f"{simulator.url}/_control/{path}", headers, text).require(f"The simulator's {path}")


def _bundle(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=9, format=tarfile.USTAR_FORMAT) as tar:
        text = b'{"version": 1, "metadata": {"appmode": "python-shiny"}, "files": {}}'
        first = tarfile.TarInfo("manifest.json")
        first.size = len(text)
        tar.addfile(first, io.BytesIO(text))
        for number in range(files - 1):
            tar.addfile(tarfile.TarInfo(f"f{number}"))
    return packed.getvalue()


def _drip(stage, attacker, content, bundle):
    """An upload of which a byte comes every second."""
    path = urlsplit(f"{attacker.base}{content}/bundles").path
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=30)
    try:
        connection.putrequest("POST", path)
        connection.putheader("Authorization", attacker.headers["Authorization"])
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        for byte in bundle:
            connection.send(b"1\r\n" + bytes([byte]) + b"\r\n")
            time.sleep(1)
    except OSError as error:
        raise BenchError("The upload was refused.") from error
    finally:
        connection.close()
