"""deploy/container: no container is built here. What can be told without one: the libraries, the user, no secrets."""

import json
import re
import shutil
import subprocess

import pytest

from harness.gatehouse import gatehouse_binary
from harness.simulator import REPOSITORY

CONTAINERFILE = REPOSITORY / "deploy" / "container" / "Containerfile"
SWIFT = re.compile(r"lib(swift|Foundation|_Foundation|dispatch|BlocksRuntime)")
"""With --static-swift-stdlib these are in the program."""


def stages() -> list[list[str]]:
    """The instructions of each stage, their lines joined."""
    text = re.sub(r"^\s*#.*\n", "", CONTAINERFILE.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    found: list[list[str]] = []
    for line in filter(None, lines):
        if line.startswith("FROM "):
            found.append([])
        found[-1].append(line)
    return found


def installed(stage: list[str]) -> set[str]:
    [line] = [line for line in stage if "apt-get install" in line]
    words = line.split("apt-get install", 1)[1].split("&&")[0].split()
    return {word for word in words if not word.startswith("-")}


def target_folders() -> set[str]:
    """Where SwiftPM looks for each target of ours: at its path, or below Sources or Tests by its name."""
    targets = (REPOSITORY / "Package.swift").read_text().split("\n    targets: [\n", 1)[1]
    starts = list(re.finditer(r'(room|system|tests|\.\w*[tT]arget)\(\s*(?:of: |name: )?"(\w+)"', targets))
    ends = [start.start() for start in starts[1:]] + [len(targets)]
    folders = set()
    for start, end in zip(starts, ends, strict=True):
        kind, name = start.groups()
        path = re.search(r'\bpath: "([^"]+)"', targets[start.start() : end])
        folders.add(path[1] if path else f"Tests/{name}Tests" if kind == "tests" else f"Sources/{name}")
    return folders


def test_the_libraries_that_the_program_needs_are_in_the_image():
    if not shutil.which("readelf") or not shutil.which("dpkg-query"):
        pytest.skip("neither readelf nor dpkg-query can be asked here")
    read = subprocess.run(["readelf", "-d", gatehouse_binary()], capture_output=True, text=True, check=True).stdout
    needed = {name for name in re.findall(r"\(NEEDED\).*\[(.+)\]", read) if not SWIFT.match(name)}
    assert {"libsqlite3.so.0", "libcurl.so.4", "libcrypto.so.3", "libjansson.so.4"} <= needed
    packages = set()
    for name in needed:
        answer = subprocess.run(["dpkg-query", "-S", f"*/{name}"], capture_output=True, text=True, check=True).stdout
        packages.add(answer.splitlines()[0].split(":", 1)[0])
    # The C library is in every image.
    assert packages - {"libc6"} <= installed(stages()[-1])


def test_what_is_built_with_is_what_make_installs():
    makefile = (REPOSITORY / "Makefile").read_text()
    made = re.search(r"^SYSTEM_PACKAGES := (.*)$", makefile, re.MULTILINE)[1].split()
    assert installed(stages()[0]) == {name for name in made if name.endswith("-dev") or name == "pkg-config"}


def test_what_is_built_from_is_copied():
    folders = target_folders()
    there = {f"{above}/{folder.name}" for above in ("Sources", "Tests") for folder in (REPOSITORY / above).iterdir()}
    assert {name for name in there if (REPOSITORY / name).is_dir()} - {"Tests/EndToEnd"} <= folders
    [build] = [index for index, line in enumerate(stages()[0]) if line.startswith("RUN swift build")]
    copies = [line.split()[1:] for line in stages()[0][:build] if line.startswith("COPY ")]
    copied = {what for what, *where in copies if where == [what]}
    # SwiftPM refuses a package of which one target has no folder, whatever is to be built.
    assert [folder for folder in folders if not any(f"{folder}/".startswith(f"{what}/") for what in copied)] == []


def test_the_image_runs_as_nobody_in_particular_and_holds_no_secret():
    last = stages()[-1]
    [user] = [line.split()[1] for line in last if line.startswith("USER ")]
    assert user not in ("root", "0")
    assert last.index(f"USER {user}") < next(i for i, line in enumerate(last) if line.startswith("ENTRYPOINT"))
    settings = " ".join(line for line in last if line.startswith(("ENV ", "ARG ")))
    assert not re.search("KEY|SECRET|TOKEN|PASSWORD", settings)
    copied = [line for line in last if line.startswith(("COPY ", "ADD "))]
    manual = "/usr/local/share/man/man1/gatehouse.1"
    assert copied == [f"COPY --from=build {path} {path}" for path in ("/usr/local/bin/gatehouse", manual)]
    assert any(f"gatehouse manual > {manual}" in line for line in stages()[0])


def test_the_health_check_asks_what_the_server_answers(server):
    [line] = [line for line in stages()[-1] if line.startswith("HEALTHCHECK ")]
    command = json.loads(line[line.index("[") :])
    line = [word.replace("127.0.0.1:8080", server.listen) for word in command]
    assert line != command and subprocess.run(line, check=False).returncode == 0
    gone = [word.replace("/healthz", "/nothing-here") for word in line]
    assert subprocess.run(gone, check=False).returncode != 0


def test_the_settings_of_the_image_are_the_servers(server):
    [line] = [line for line in stages()[-1] if line.startswith("ENV ")]
    environment = dict(word.split("=", 1) for word in line.split()[1:])
    done = server.run("check-config", "--json", environment={**environment, "GATEHOUSE_DATA": str(server.data)})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["listen"] == environment["GATEHOUSE_LISTEN"]
