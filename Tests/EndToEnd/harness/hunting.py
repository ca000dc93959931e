"""How to look for a secret in what must not hold it."""

import base64
import json
from urllib.parse import quote


def strings_in(value) -> set[str]:
    if isinstance(value, str):
        return {value} if len(value) >= 16 and " " not in value else set()
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return set().union(*[strings_in(child) for child in children]) if children else set()


def spellings(secret: str) -> set[bytes]:
    """The secret as it is, and as URLs, JSON and base64 spell it."""
    raw = secret.encode()
    forms = {raw, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        middle = coded[4 if shift else 0 : -4]
        if len(middle) >= 16:
            forms |= {middle, middle.replace(b"+", b"-").replace(b"/", b"_")}
    return forms
