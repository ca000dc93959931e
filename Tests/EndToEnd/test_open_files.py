"""A server that runs out of open files lives, says what is missing, and takes work again."""

import contextlib
import resource
import shutil
import socket
from pathlib import Path

import pytest
import requests

from harness.operations import Operations
from harness.process import DidNotStart
from harness.scene import play
from harness.waiting import wait_until

LIMIT, IDLE = 1024, 1424


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.fixture
def many_files():
    """The test itself needs a descriptor for each connection."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + 500
    if before[1] != resource.RLIM_INFINITY and before[1] < wanted:
        pytest.skip("too few open files are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], wanted), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def operations() -> Operations:
    return Operations()


def test_more_idle_connections_than_files_leave_it_alive(own_stage, operations, many_files):
    assert shutil.which("prlimit")
    server = own_stage.gatehouse(before=("prlimit", f"--nofile={LIMIT}:{LIMIT}"), options=operations.options)
    scene = play(server, own_stage.simulator("databricks"))
    with contextlib.ExitStack() as idle:
        for _ in range(IDLE):
            idle.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        wait_until(lambda: operations.get("/readyz").status_code == 503, "it is told")
        assert operations.get("/readyz").json()["reason"] == "connections_exhausted"
        assert "LimitNOFILE" in operations.get("/readyz").json()["error"]
        assert len(list(Path(f"/proc/{server.child.process.pid}/fd").iterdir())) < LIMIT * 3 // 4, (
            "room is left for the rest"
        )
        assert [account["slug"] for account in server.json("account", "list")] == [scene.account.slug]
        assert server.child.running
    wait_until(lambda: operations.get("/readyz").status_code == 200, "it recovers")
    assert scene.credentials()["access_token"]
    server.await_log("connections are accepted again")
    # What is logged comes in its order.
    assert server.logs.count("no connection is accepted: as many are open") == 1


def test_no_descriptor_at_all_is_waited_for(own_stage, operations):
    """The limit is taken below what is open, as another user of the machine's file table does."""
    server = own_stage.gatehouse(options=operations.options)
    scene = play(server, own_stage.simulator("databricks"))
    pid = server.child.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    watching = requests.Session()
    ready = operations.origin + "/readyz"
    assert watching.get(ready, timeout=30).status_code == 200
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))
    with socket.create_connection(("127.0.0.1", server.port)) as waiting:
        waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        wait_until(lambda: watching.get(ready, timeout=30).status_code == 503, "it is told")
        answer = watching.get(ready, timeout=30).json()
        assert answer["reason"] == "descriptors_exhausted" and "open files" in answer["error"]
        # The kernel had a descriptor ready for one command; the next one is not accepted, and says so.
        assert server.run("account", "list").returncode == 0
        refused = server.run("account", "list")
        assert refused.returncode == 69 and f"process {pid} has the folder" in refused.stderr
        server.await_log("listener=control")
        server.await_log("listener=web")
        # While it waits it does not ask the kernel in a circle.
        before = cpu_ticks(pid)
        assert server.run("account", "list").returncode == 69
        assert cpu_ticks(pid) - before < 100, "less than a second of work in five"
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        assert waiting.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n", "who waited is answered"
    wait_until(lambda: watching.get(ready, timeout=30).status_code == 200, "it recovers")
    assert [account["slug"] for account in server.json("account", "list")] == [scene.account.slug]
    assert scene.credentials()["access_token"]
    assert server.child.running
    assert "cannot be written" not in server.logs, "the disk is not blamed"


def test_too_few_files_stop_the_start_with_a_sentence(own_stage):
    server = own_stage.gatehouse(start=False, before=("prlimit", "--nofile=100:100"))
    with pytest.raises(DidNotStart) as failed:
        server.start()
    assert failed.value.code == 78
    assert failed.value.output.startswith("gatehouse: The limit of open files is 100")
