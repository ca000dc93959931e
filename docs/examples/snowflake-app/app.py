"""Each viewer sees their own rows of a Snowflake table.

The app holds no credential of its own for Snowflake. Every request through Gatehouse carries the viewer's session
token; posit-sdk exchanges it for that viewer's own, fresh access token, and Snowflake's SQL API is asked with it.
With snowflake-connector-python the same token goes to
`snowflake.connector.connect(account=..., authenticator="oauth", token=...)`.

Environment: CONNECT_SERVER, CONNECT_API_KEY, SNOWFLAKE_ACCOUNT; SNOWFLAKE_URL where the account is not at
https://<account>.snowflakecomputing.com.
"""

import os
from functools import cache
from urllib.parse import urljoin, urlsplit

import requests
from flask import Flask, jsonify, render_template, request
from posit.connect import Client
from posit.connect.errors import ClientError
from posit.connect.oauth.oauth import GRANT_TYPE, OAuthTokenType

SESSION_TOKEN_HEADER = "Posit-Connect-User-Session-Token"
STATEMENT = "SELECT * FROM sales.orders"
TIMEOUT_SECONDS = 30

# Snowflake's words for an access token that ended before its time, because a role or a grant changed.
DEAD_TOKEN_CODES = ("390318", "390303")

# What Gatehouse says when there is no access token to hand out: HTTP status and sentence for the viewer.
PROBLEMS = {
    212: (503, "No Snowflake data source is attached to this content. Ask its publisher to attach one."),
    219: (503, "Snowflake did not renew your access just now. Try again in a moment."),
    220: (401, "Log in to Snowflake so that this page can show you your own rows."),
}

app = Flask(__name__)


class SnowflakeError(Exception):
    """Snowflake refused the statement."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


@cache
def gatehouse():
    """The content's own client, made once: it asks the server for its version before the first exchange."""
    return Client()


def snowflake_url():
    account = os.environ["SNOWFLAKE_ACCOUNT"]
    return os.environ.get("SNOWFLAKE_URL", f"https://{account}.snowflakecomputing.com")


def renewed_access_token(session_token):
    """A new access token although Gatehouse's has not expired: only for when Snowflake calls that one dead."""
    answer = gatehouse().post(
        "v1/oauth/integrations/credentials",
        data={
            "grant_type": GRANT_TYPE,
            "subject_token_type": OAuthTokenType.USER_SESSION_TOKEN,
            "subject_token": session_token,
        },
        headers={"Cache-Control": "no-cache"},
    )
    return answer.json()["access_token"]


def execute(access_token):
    answer = requests.post(
        f"{snowflake_url()}/api/v2/statements",
        json={"statement": STATEMENT, "timeout": TIMEOUT_SECONDS},
        headers={"Authorization": f"Bearer {access_token}", "X-Snowflake-Authorization-Token-Type": "OAUTH"},
        timeout=TIMEOUT_SECONDS,
        allow_redirects=False,
    )
    body = answer.json()
    if answer.status_code != 200:
        raise SnowflakeError(str(body.get("code")), body.get("message", "The statement failed."))
    return body


def viewers_rows(session_token):
    credentials = gatehouse().oauth.get_credentials(session_token)
    try:
        body = execute(credentials["access_token"])
    except SnowflakeError as error:
        if error.code not in DEAD_TOKEN_CODES:
            raise
        body = execute(renewed_access_token(session_token))
    return {
        "columns": [column["name"] for column in body["resultSetMetaData"]["rowType"]],
        "rows": body["data"],
    }


def answer(status, page):
    if request.args.get("format") == "json":
        body = jsonify(page)
    else:
        body = app.make_response(render_template("page.html", **page))
    # The rows are this viewer's: no cache may show them to another.
    body.headers["Cache-Control"] = "no-store"
    return body, status


@app.get("/")
def index():
    session_token = request.headers.get(SESSION_TOKEN_HEADER)
    if not session_token:
        return answer(400, {"error": "This page learns from Gatehouse who you are. Open it at its Gatehouse address."})
    try:
        return answer(200, viewers_rows(session_token))
    except ClientError as error:
        return refused(error)
    except (SnowflakeError, requests.RequestException, ValueError) as error:
        return answer(502, {"error": f"Snowflake did not answer the question: {error}"})


def refused(error):
    status, sentence = PROBLEMS.get(error.error_code, (502, error.error_message))
    page = {"error": sentence, "code": error.error_code}
    login_url = (error.payload or {}).get("login_url")
    if login_url:
        absolute = urljoin(os.environ["CONNECT_SERVER"], login_url)
        if urlsplit(absolute).scheme in ("https", "http"):
            page["login_url"] = absolute
    return answer(status, page)
