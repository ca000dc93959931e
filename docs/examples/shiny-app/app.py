"""Each viewer sees their own rows of a Databricks table, live, for as long as their page is open.

A Shiny session is one WebSocket, which may stay open for hours; an access token is good for an hour at most. So the
session keeps only the viewer's session token, which came with the WebSocket, and posit-sdk exchanges it anew whenever
rows are read: what it gets is always fresh. Where the viewer has to log in again, the page says so and how.

Environment: CONNECT_SERVER, CONNECT_API_KEY, POSIT_PRODUCT=CONNECT_CLOUD, DATABRICKS_HOST, DATABRICKS_WAREHOUSE_ID, and
ROWS_EVERY_SECONDS (30 unless it is set).
"""

import asyncio
import os
from functools import cache
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from databricks.sdk.core import ApiClient, Config
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.iam import CurrentUserAPI
from databricks.sdk.service.sql import StatementExecutionAPI, StatementState
from posit.connect import Client
from posit.connect.errors import ClientError
from posit.connect.external.databricks import ConnectStrategy
from shiny import App, reactive, render, ui

SESSION_TOKEN_HEADER = "Posit-Connect-User-Session-Token"
STATEMENT = "SELECT * FROM sales.orders"
ROWS_EVERY_SECONDS = float(os.environ.get("ROWS_EVERY_SECONDS", "30"))

# What Gatehouse says when there is no access token to hand out.
PROBLEMS = {
    212: "No Databricks data source is attached to this content. Ask its publisher to attach one.",
    219: "Databricks did not renew your access just now. This page tries again by itself.",
    220: "Log in to Databricks again so that this page can show you your own rows.",
}


@cache
def gatehouse():
    """The content's own client, made once: it asks the server for its version before the first exchange."""
    return Client()


def viewers_rows(session_token):
    """What Databricks shows to the viewer now, or why it shows nothing."""
    if not session_token:
        return {"problem": "This page learns from Gatehouse who you are. Open it at its Gatehouse address."}
    try:
        # Made per reading: the strategy asks Gatehouse, which renews the token when that is due.
        strategy = ConnectStrategy(client=gatehouse(), user_session_token=session_token)
        host = os.environ["DATABRICKS_HOST"]
        databricks = ApiClient(Config(host=host, credentials_strategy=strategy, retry_timeout_seconds=20))
        viewer = CurrentUserAPI(databricks).me()
        answer = StatementExecutionAPI(databricks).execute_statement(
            statement=STATEMENT, warehouse_id=os.environ["DATABRICKS_WAREHOUSE_ID"], wait_timeout="30s"
        )
    except ClientError as error:
        problem = PROBLEMS.get(error.error_code, error.error_message)
        return {"problem": problem, "login_url": (error.payload or {}).get("login_url")}
    except (DatabricksError, requests.RequestException) as error:
        return {"problem": f"Databricks did not answer the question: {error}"}
    if answer.status.state != StatementState.SUCCEEDED:
        return {"problem": f"The statement ended as {answer.status.state.value}."}
    return {
        "viewer": viewer.display_name or viewer.user_name,
        "columns": [column.name for column in answer.manifest.schema.columns],
        "rows": answer.result.data_array or [],
    }


app_ui = ui.page_fluid(
    ui.tags.main(
        ui.div(ui.input_dark_mode(), class_="float-end"),
        ui.output_ui("orders"),
        ui.p(ui.output_text("readings", inline=True), class_="text-body-secondary"),
        class_="container py-4",
    ),
    title="Your orders",
    lang="en",
)


def server(input, output, session):
    session_token = session.http_conn.headers.get(SESSION_TOKEN_HEADER)
    latest = reactive.value(None)
    count = reactive.value(0)

    @reactive.effect
    async def read():
        reactive.invalidate_later(ROWS_EVERY_SECONDS)
        # In a thread: other sessions of this process go on meanwhile.
        answer = await asyncio.to_thread(viewers_rows, session_token)
        with reactive.isolate():
            # Rows that did not change are not drawn again.
            if answer != latest():
                latest.set(answer)
            count.set(count() + 1)

    @render.ui
    def orders():
        answer = latest()
        if answer is None:
            return ui.h1("Reading your orders")
        if "problem" in answer:
            return problem(answer["problem"], login_address(answer.get("login_url")))
        return table(answer)

    @render.text
    def readings():
        return f"Readings since you opened this page: {count()}"

    def login_address(login_url):
        """Where to log in, and back to this page."""
        if not login_url:
            return None
        absolute = urljoin(os.environ["CONNECT_SERVER"], login_url)
        here = session.clientdata
        port = f":{here.url_port()}" if here.url_port() else ""
        page = f"{here.url_protocol()}//{here.url_hostname()}{port}{here.url_pathname()}{here.url_search()}"
        mark = "&" if urlsplit(absolute).query else "?"
        return f"{absolute}{mark}{urlencode({'redirect': page})}" if absolute.startswith("http") else None


def problem(sentence, login):
    link = ui.p(ui.a("Log in to Databricks", href=login, target="_top", class_="btn btn-primary")) if login else None
    return ui.TagList(ui.h1("Nothing to show now"), ui.p(sentence, role="alert"), link)


def table(answer):
    head = ui.tags.tr(*[ui.tags.th(column, scope="col") for column in answer["columns"]])
    rows = [ui.tags.tr(*[ui.tags.td(cell) for cell in row]) for row in answer["rows"]]
    words = f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} that Databricks shows to {answer['viewer']}"
    return ui.TagList(
        ui.h1(f"Orders of {answer['viewer']}"),
        ui.tags.table(ui.tags.caption(words), ui.tags.thead(head), ui.tags.tbody(*rows), class_="table"),
    )


app = App(app_ui, server)
