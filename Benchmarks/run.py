#!/usr/bin/env python3
"""Measures Gatehouse's exchange against bare servers that answer as many bytes. `make bench` builds and runs this."""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import report
from browser import send
from load import drive, write_script
from neighbors import measure_neighbors
from pages import measure_pages
from programs import BenchError, Program
from stage import EXCHANGE_PATH, Stage, create_account, free_port

REPOSITORY = Path(__file__).resolve().parents[1]
DEFAULT_TOKEN_LENGTH = 880
WARM_UP_SECONDS = 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binaries", type=Path, default=REPOSITORY / ".build-release" / "release")
    parser.add_argument("--seconds", type=int, default=5, help="length of a round (5)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds per server, interleaved (3)")
    parser.add_argument("--connections", type=int, default=32, help="kept open by wrk (32)")
    parser.add_argument("--threads", type=int, default=2, help="of wrk (2)")
    parser.add_argument("--accounts", type=int, default=1000, help="folders in the second start-up test (1000)")
    parser.add_argument("--starts", type=int, default=5, help="starts per start-up test (5)")
    parser.add_argument("--skip-start-up", action="store_true", help="no start-up times")
    parser.add_argument("--skip-load", action="store_true", help="no exchanges")
    parser.add_argument("--skip-pages", action="store_true", help="no pages")
    parser.add_argument("--skip-neighbors", action="store_true", help="no neighbors of attacks")
    parser.add_argument("--samples", type=int, default=100, help="of a neighbor's request, per round and attack (100)")
    parser.add_argument("--page-seconds", type=int, default=2, help="length of a page's round (2)")
    parser.add_argument("--pages", action="append", default=[], help="only this page, by its name; may be repeated")
    parser.add_argument("--baselines-only", action="store_true", help="the bare servers without Gatehouse")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    return parser.parse_args()


def say(sentence):
    print(sentence, file=sys.stderr, flush=True)


def exchange_request(stage):
    headers = {"Authorization": f"Key {stage.api_key}", "Content-Type": "application/x-www-form-urlencoded"}
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:posit:connect:user-session-token",
        "subject_token": stage.session_token,
    }
    return headers, urlencode(form)


def provider_calls(stage):
    return stage.control("GET", "counters")["token_requests"]


def measure_load(options, folder):
    """The interleaved rounds; with Gatehouse unless only the baselines are wanted."""
    with ExitStack() as stack:
        script = folder / "exchange.lua"
        programs = {}
        stage, token_length = None, DEFAULT_TOKEN_LENGTH
        headers, body = {"Content-Type": "application/x-www-form-urlencoded"}, urlencode({"subject_token": "x" * 500})
        if not options.baselines_only:
            say("Setting the stage: an account, a data source, content, a viewer who has logged in")
            stage = Stage(options.binaries, folder)
            stack.callback(stage.end)
            stage.play()
            headers, body = exchange_request(stage)
            answer = send("POST", stage.base_url + EXCHANGE_PATH, headers, body).require("The exchange").json()
            token_length = len(answer["access_token"])
            programs["Gatehouse exchange"] = stage.gatehouse
        for name, kind in (("bare NIO", "nio"), ("bare Hummingbird", "hummingbird")):
            command = [options.binaries / "baseline-servers", kind, "--listen", "127.0.0.1:0"]
            program = Program(name, [*command, "--token-length", token_length], folder / f"{kind}.log")
            stack.callback(program.end)
            programs[name] = program
        write_script(script, headers, body)
        calls_before = provider_calls(stage) if stage else 0
        rounds = {name: [] for name in programs}
        for name, program in programs.items():
            say(f"Warming up: {name}")
            drive(program, EXCHANGE_PATH, script, options, WARM_UP_SECONDS)
        for number in range(1, options.rounds + 1):
            for name, program in programs.items():
                say(f"Round {number} of {options.rounds}: {name}")
                rounds[name].append(drive(program, EXCHANGE_PATH, script, options, options.seconds))
        result = {
            "seconds": options.seconds,
            "rounds": options.rounds,
            "connections": options.connections,
            "cores": os.cpu_count(),
            "servers": report.summary(dict(sorted(rounds.items(), key=lambda item: item[0] == "Gatehouse exchange"))),
        }
        if stage:
            if provider_calls(stage) != calls_before:
                raise BenchError("The provider was asked during the load: the session was not warm.")
            after = stage.gatehouse.resident_megabytes()
            result["gatehouse"] = {"resident_megabytes": {"idle": stage.idle_megabytes, "after_load": after}}
        return result


def measure_start_up(options, folder):
    """Seconds from the spawn until /__ping__ answers, by number of account folders."""
    gatehouse = options.binaries / "gatehouse"
    data = folder / "accounts"
    data.mkdir()
    seconds = {}
    made = 0
    for count in sorted({1, options.accounts}):
        say(f"Making {count - made} account folder(s)")
        for number in range(made, count):
            create_account(gatehouse, data, f"bench-{number:05d}")
        made = count
        say(f"Starting {options.starts} times with {count} account folder(s)")
        seconds[str(count)] = median(start_once(gatehouse, data, folder) for _ in range(options.starts))
    return seconds


def start_once(gatehouse, data, folder):
    port = free_port()
    command = [gatehouse, "serve", "--data", data, "--listen", f"127.0.0.1:{port}"]
    began = time.monotonic()
    program = Program("gatehouse", [*command, "--base-url", f"http://localhost:{port}"], folder / "start.log")
    try:
        send("GET", f"http://localhost:{port}/__ping__").require("The first ping")
        return time.monotonic() - began
    finally:
        program.end()


def main():
    options = arguments()
    if shutil.which("wrk") is None:
        raise BenchError("wrk is not installed. `make bench` installs it.")
    needed = ["baseline-servers"] + ([] if options.baselines_only else ["provider-simulator", "gatehouse"])
    for program in needed:
        if not os.access(options.binaries / program, os.X_OK):
            raise BenchError(f"{program} is not built in {options.binaries}. `make bench` builds it.")
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as name:
        folder = Path(name)
        result = {"rounds": options.rounds}
        if not options.skip_load:
            result |= measure_load(options, folder)
        if not options.baselines_only:
            if not options.skip_start_up:
                result.setdefault("gatehouse", {})["start_seconds"] = measure_start_up(options, folder)
            if not options.skip_pages:
                result["pages"] = measure_pages(options, folder, say)
            if not options.skip_neighbors:
                result["neighbors"] = measure_neighbors(options, folder, exchange_request, say)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        report.show(result)


if __name__ == "__main__":
    try:
        main()
    except BenchError as error:
        sys.exit(f"The benchmark cannot go on: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
