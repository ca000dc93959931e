"""Random values, all of which follow from one seed and from the test that draws them: a run can be repeated exactly.

`GATEHOUSE_TEST_SEED` is that seed: a number, or `random` for a fresh one. pytest's header shows it. Keys and tokens
that the servers and cryptographic libraries make themselves are random in every run.
"""

import base64
import os
import random
import uuid

VARIABLE = "GATEHOUSE_TEST_SEED"
USUAL_SEED = 20261121


def _chosen() -> int:
    given = os.environ.get(VARIABLE, str(USUAL_SEED))
    seed = random.SystemRandom().randrange(1 << 31) if given == "random" else int(given)
    # What the tests start draws from the same seed.
    os.environ[VARIABLE] = str(seed)
    return seed


SEED = _chosen()
_source = random.Random(f"{SEED} collection")


def begin(test: str) -> None:
    """Start the values of a test, which are the same whichever tests ran before it."""
    _source.seed(f"{SEED} {test}")


def token_hex(count: int) -> str:
    """That many bytes as hexadecimal digits."""
    return _source.randbytes(count).hex()


def token_urlsafe(count: int) -> str:
    """That many bytes as Base64 for URLs."""
    return base64.urlsafe_b64encode(_source.randbytes(count)).rstrip(b"=").decode()


def uuid4() -> str:
    return str(uuid.UUID(bytes=_source.randbytes(16), version=4))
