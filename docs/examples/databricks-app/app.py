"""Each viewer sees their own rows of a Databricks table.

The app holds no credential of its own for Databricks. Every request through Gatehouse carries the viewer's session
token; posit-sdk exchanges it for that viewer's own, fresh access token, and databricks-sdk uses it.

Environment: CONNECT_SERVER, CONNECT_API_KEY, POSIT_PRODUCT=CONNECT_CLOUD, DATABRICKS_HOST, DATABRICKS_WAREHOUSE_ID.
"""

import os
from functools import cache
from urllib.parse import urljoin, urlsplit

import requests
from databricks.sdk.core import ApiClient, Config
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.iam import CurrentUserAPI
from databricks.sdk.service.sql import StatementExecutionAPI, StatementState
from flask import Flask, jsonify, render_template, request
from posit.connect import Client
from posit.connect.errors import ClientError
from posit.connect.external.databricks import ConnectStrategy

SESSION_TOKEN_HEADER = "Posit-Connect-User-Session-Token"
STATEMENT = "SELECT * FROM sales.orders"

# What Gatehouse says when there is no access token to hand out: HTTP status and sentence for the viewer.
PROBLEMS = {
    212: (503, "No Databricks data source is attached to this content. Ask its publisher to attach one."),
    219: (503, "Databricks did not renew your access just now. Try again in a moment."),
    220: (401, "Log in to Databricks so that this page can show you your own rows."),
}

app = Flask(__name__)


@cache
def gatehouse():
    """The content's own client, made once: it asks the server for its version before the first exchange."""
    return Client()


def api_client(session_token):
    """A Databricks client that acts as the viewer. Made per request: the session token is the viewer's."""
    strategy = ConnectStrategy(client=gatehouse(), user_session_token=session_token)
    config = Config(
        host=os.environ["DATABRICKS_HOST"],
        credentials_strategy=strategy,
        # A page should not spin for the SDK's default of five minutes.
        retry_timeout_seconds=20,
    )
    return ApiClient(config)


def viewers_rows(session_token):
    databricks = api_client(session_token)
    viewer = CurrentUserAPI(databricks).me()
    answer = StatementExecutionAPI(databricks).execute_statement(
        statement=STATEMENT, warehouse_id=os.environ["DATABRICKS_WAREHOUSE_ID"], wait_timeout="30s"
    )
    if answer.status.state != StatementState.SUCCEEDED:
        raise DatabricksError(f"The statement ended as {answer.status.state.value}.")
    return {
        "viewer": viewer.display_name or viewer.user_name,
        "columns": [column.name for column in answer.manifest.schema.columns],
        "rows": answer.result.data_array or [],
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
    except (DatabricksError, requests.RequestException) as error:
        return answer(502, {"error": f"Databricks did not answer the question: {error}"})


def refused(error):
    status, sentence = PROBLEMS.get(error.error_code, (502, error.error_message))
    page = {"error": sentence, "code": error.error_code}
    login_url = (error.payload or {}).get("login_url")
    if login_url:
        absolute = urljoin(os.environ["CONNECT_SERVER"], login_url)
        if urlsplit(absolute).scheme in ("https", "http"):
            page["login_url"] = absolute
    return answer(status, page)
