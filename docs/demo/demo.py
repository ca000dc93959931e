"""The main job of Gatehouse, played twice: an admin adds a data source, a publisher attaches it, viewers log in once.

Everything goes through the doors that people and programs use: the command line, the API with unmodified posit-sdk,
and pages in a browser. `make demo` installs and builds what is needed and then runs this.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import requests
from posit.connect.errors import ClientError

from processes import DemoError, Processes
from stage import REPOSITORY, Stage, say

LOOK_AGAIN_SECONDS = 0.5


class Stopped(Exception):
    """Someone asked the demo to end."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--once", action="store_true", help="end after the show instead of staying up")
    parser.add_argument(
        "--binaries", type=Path, default=REPOSITORY / ".build" / "debug", help="folder with the built programs"
    )
    return parser.parse_args()


def on_signal(number, frame):
    raise Stopped


def heed_signals(handler):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def stay_up(processes):
    say()
    say("Everything stays up. Ctrl-C stops it.")
    while True:
        ended = processes.first_ended()
        if ended:
            name, code, log = ended
            raise DemoError(f"{name} ended by itself with exit code {code}.", log)
        time.sleep(LOOK_AGAIN_SECONDS)


def sentence(error):
    if isinstance(error, ClientError):
        return f"Gatehouse answered {error.http_status}, code {error.error_code}: {error.error_message}"
    if isinstance(error, requests.RequestException):
        return f"a request got no usable answer: {error}"
    if isinstance(error, DemoError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def main():
    options = arguments()
    heed_signals(on_signal)
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-demo-"))
    logs = folder / "logs"
    logs.mkdir()
    processes = Processes(logs)
    failed = None
    try:
        Stage(options.binaries, folder, processes).play()
        if not options.once:
            stay_up(processes)
    except Stopped:
        say("\nStopping.")
    except Exception as error:
        failed = error
        (logs / "demo.log").write_text(traceback.format_exc())
    finally:
        # A second Ctrl-C while everything ends must not leave half of it running.
        heed_signals(signal.SIG_IGN)
        processes.end_all()
        clean(folder, keep=logs if failed else None)
    if failed:
        print(f"\nThe demo failed: {sentence(failed)}", file=sys.stderr)
        print(f"Logs: {getattr(failed, 'log', None) or logs}", file=sys.stderr)
        return 1
    return 0


def clean(folder, keep):
    """Removes the demo's accounts and keys; `keep` is the folder of logs after a failure."""
    for entry in folder.iterdir():
        if entry == keep:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    if keep is None:
        folder.rmdir()


if __name__ == "__main__":
    sys.exit(main())
