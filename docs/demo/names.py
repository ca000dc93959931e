"""Names that end in .localhost are this machine (RFC 6761): browsers know it, Python's resolver may not."""

from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter


class LoopbackNames(HTTPAdapter):
    """Connects to 127.0.0.1 for such names; what is said there, and the cookies, are the name's."""

    def send(self, request: requests.PreparedRequest, *more, **options) -> requests.Response:
        parts = urlsplit(request.url or "")
        if not (parts.hostname or "").endswith(".localhost"):
            return super().send(request, *more, **options)
        sent = request.copy()
        sent.headers["Host"] = parts.netloc
        response = super().send(sent, *more, **options)
        # Redirects are made from the request that was asked for, without this Host.
        response.request = request
        return response

    def build_connection_pool_key_attributes(self, request, verify, cert=None):
        host, options = super().build_connection_pool_key_attributes(request, verify, cert)
        if (host["host"] or "").endswith(".localhost"):
            host["host"] = "127.0.0.1"
        return host, options
