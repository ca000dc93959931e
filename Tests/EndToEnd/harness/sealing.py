"""Seals values as the server does, for rows that its doors do not let in any more."""

import base64
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _sealing_key(data: Path, slug: str) -> AESGCM:
    """The data key of an account, unwrapped by the master key that a server made in its folder."""
    lines = (data / ".master-key").read_text().splitlines()
    master = AESGCM(_decoded(next(line for line in lines if line and not line.startswith("#")).split(",")[0]))
    wrapped = _decoded(json.loads((data / slug / "account.key").read_text())["wrapped"])
    place = f"gatehouse/1|{slug}|account.key".encode()
    return AESGCM(master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], place))


def seal(data: Path, slug: str, table: str, column: str, row: str, value: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    place = f"gatehouse/1|{slug}|{table}|{column}|{row}".encode()
    return b"\x01" + nonce + _sealing_key(data, slug).encrypt(nonce, value.encode(), place)
