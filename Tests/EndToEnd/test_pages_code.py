"""The code that publishers paste: it compiles for every kind of app and data source, and runs with the real SDKs."""

import json
import re
import shutil
import subprocess
import sys
import types
from html import unescape
from pathlib import Path

import boto3
import flask
import pytest
import websockets.sync.client

from harness.account import SESSION_HEADER, Person
from harness.aws import Aws
from harness.issuer import Issuer
from harness.scene import Scene, play
from harness.templates import examples
from harness.waiting import DEADLINE_SECONDS, free_port

PYTHON = ["shiny", "streamlit", "dash", "flask"]


def code_page(person: Person, content: dict, app: str) -> str:
    answer = person.browser.get(person.account.url(f"content/{content['guid']}/code"), params={"app": app})
    assert answer.status_code == 200, answer.text[:3000]
    return answer.text


def samples(person: Person, content: dict, app: str) -> dict[str, str]:
    """The code for each data source, by its name."""
    text = code_page(person, content, app)
    sections = re.findall(r'<section class="sample">(.*?)</section>', text, re.DOTALL)
    found = {}
    for section in sections:
        name = unescape(re.search(r"<h3><bdi>(.*?)</bdi>", section)[1])
        found[name] = unescape(re.search(r"<pre[^>]*><code>(.*?)</code></pre>", section, re.DOTALL)[1])
    return found


@pytest.fixture
def running(monkeypatch):
    """Runs code with the environment that `gatehouse run` would give it; answers its names."""

    def run(scene: Scene, code: str, **modules: types.ModuleType) -> dict:
        sheet = scene.publisher.api.ok("GET", f"v1/content/{scene.content['guid']}/runtime")
        for entry in sheet["environment"]:
            monkeypatch.setenv(entry["name"], entry["value"])
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        names: dict = {"__name__": "app"}
        exec(compile(code, "app.py", "exec"), names)
        return names

    return run


def get(names: dict, token: str | None) -> flask.wrappers.Response:
    """What the Flask app answers to a request with this session token."""
    headers = {SESSION_HEADER: token} if token else {}
    return names["app"].test_client().get("/", headers=headers)


@pytest.fixture(scope="module")
def snowflake(stage):
    return stage.simulator("snowflake")


def publish(server, provider, **more) -> Scene:
    scene = play(server, provider, **more)
    scene.publisher.accept_invite()
    return scene


# Every kind.


def kinds(account) -> list[dict]:
    """A data source of every template, as viewer and as itself."""
    return [
        account.integrate(template, f"{template} {number}: {config.get('auth_type', 'Viewer')}", **config)
        for number, (template, config) in enumerate(examples())
    ]


@pytest.fixture(scope="module")
def every_kind(server):
    account = server.create_account()
    publisher = account.add("publisher")
    publisher.accept_invite()
    return publisher, account.add_content(publisher), kinds(account)


def check_style(code: str) -> None:
    """It looks as if somebody had written it: no name is missing or unused, and ruff has nothing to put right."""
    ruff = [shutil.which("ruff", path=str(Path(sys.executable).parent)), "--isolated", "--line-length", "120"]
    for command in (["check", "--select", "E,F,I,W", "--ignore", "E501"], ["format", "--diff"]):
        [program, *options] = ruff
        line = [program, command[0], *options[:1], *command[1:], *options[1:], "--stdin-filename", "app.py", "-"]
        done = subprocess.run(line, input=code, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{code}"


@pytest.mark.parametrize("app", PYTHON)
@pytest.mark.parametrize("several", [False, True])
def test_the_code_for_every_data_source_compiles(every_kind, app, several):
    publisher, content, integrations = every_kind
    groups = [integrations] if several else [[one] for one in integrations]
    for group in groups:
        publisher.account.associate(publisher, content, *group)
        found = samples(publisher, content, app)
        assert set(found) == {one["name"] for one in group}
        for one in group:
            code = found[one["name"]]
            compile(code, f"{one['name']} in {app}", "exec")
            assert not [left for left in ("{{", "}}", "&lt;", "&quot;", "&amp;", "&#") if left in code], code
            assert (f'"{one["guid"]}"' in code) == several, "the audience is named where there are several"
            is_viewers = one["auth_type"] != "Service Account"
            assert (SESSION_HEADER in code) == is_viewers, code
            check_style(code)


def test_the_code_for_r_names_what_it_must(every_kind):
    publisher, content, integrations = every_kind
    publisher.account.associate(publisher, content, *integrations)
    for name, code in samples(publisher, content, "shiny-r").items():
        assert code.count("(") == code.count(")") and code.count("{") == code.count("}"), code
        guid = next(one["guid"] for one in integrations if one["name"] == name)
        assert f'audience = "{guid}"' in code and "library(connectapi)" in code and "shinyApp(ui, server)" in code
        assert ("HTTP_POSIT_CONNECT_USER_SESSION_TOKEN" in code) == ("Service Account" not in name)
        assert "_content_credentials" in code or "Service Account" not in name


def test_the_page_says_how_to_start_it(server, databricks):
    scene = publish(server, databricks, log_in=False)
    upstream = {"upstream_url": "http://127.0.0.1:9345"}
    scene.publisher.api.ok("PATCH", f"v1/content/{scene.content['guid']}", json=upstream)
    text = unescape(code_page(scene.publisher, scene.content, "shiny"))
    assert f"gatehouse run {scene.content['guid']} --server {server.base_url} -- \\\n" in text
    assert "shiny run app.py --host 127.0.0.1 --port 9345" in text
    assert "pip install posit-sdk shiny databricks-sdk" in text
    refused = scene.publisher.browser.get(scene.account.url(f"content/{scene.content['guid']}/code?app=cobol"))
    assert refused.status_code == 400


def test_a_hostile_name_stays_in_its_comment(server, databricks, running):
    scene = publish(server, databricks)
    name = '"""); import os; os.abort() # <script>'
    path = f"v1/oauth/integrations/{scene.integration['guid']}"
    scene.account.admin.api.ok("PATCH", path, json={"name": name})
    other = scene.account.integrate("connect", "Another", max_role="Viewer")
    scene.account.associate(scene.publisher, scene.content, scene.integration, other)
    code = samples(scene.publisher, scene.content, "flask")[name]
    assert get(running(scene, code), scene.token).json[0]["region"] == f"region of {scene.username}"


# Databricks, with databricks-sdk.


def test_databricks_code_shows_each_viewer_their_rows(server, databricks, running):
    scene = publish(server, databricks)
    names = running(scene, samples(scene.publisher, scene.content, "flask")["Warehouse"])
    answer = get(names, scene.token)
    assert answer.json == [{"region": f"region of {scene.username}", "amount": "1"}]
    assert answer.headers["Cache-Control"] == "no-store"
    other = scene.account.add("viewer")
    other.accept_invite()
    databricks.add_user("oscar")
    other.log_in_at(databricks, scene.integration, "oscar")
    assert get(names, other.session_token(scene.content)).json[0]["region"] == "region of oscar"


def test_databricks_code_sends_the_viewer_to_the_login_and_back(server, own_stage, running):
    scene = publish(server, own_stage.simulator("databricks"), log_in=False)
    names = running(scene, samples(scene.publisher, scene.content, "flask")["Warehouse"])
    answer = get(names, scene.token)
    assert answer.status_code == 401
    login = scene.viewer.browser.get(answer.json["log_in"], follow=False)
    assert login.status_code == 302 and login.headers["Location"].startswith(scene.provider.origin)
    page = scene.viewer.browser.get(login.headers["Location"])
    back = scene.provider.sign_in(scene.viewer.browser, page, scene.username)
    end = scene.viewer.browser.get(back.headers["Location"], follow=False)
    assert end.headers["Location"].endswith(f"/content/{scene.content['guid']}/"), "back to the content"
    assert get(names, scene.token).status_code == 200
    scene.provider.revoke(scene.username)
    assert scene.publisher.api.exchange(scene.token, headers={"Cache-Control": "no-cache"}).status_code == 400
    assert get(names, scene.token).json["log_in"] == answer.json["log_in"]


def test_databricks_code_without_a_viewer_says_so(server, databricks, running):
    scene = publish(server, databricks)
    names = running(scene, samples(scene.publisher, scene.content, "flask")["Warehouse"])
    assert get(names, None).status_code == 502


def test_databricks_code_runs_for_the_content_itself(server, databricks, running):
    scene = publish(server, databricks)
    robot = scene.account.add_service_account(databricks)
    scene.account.associate(scene.publisher, scene.content, robot)
    names = running(scene, samples(scene.publisher, scene.content, "flask")["Robot"])
    answer = get(names, None)
    assert answer.status_code == 200 and answer.json == [], "no table is the service principal's"


def test_of_two_workspaces_each_has_its_own_code(server, databricks, own_stage, running):
    scene = publish(server, databricks)
    second = own_stage.simulator("databricks")
    other = scene.account.add_integration(second, "Second")
    second.add_user("violet")
    scene.account.associate(scene.publisher, scene.content, scene.integration, other)
    scene.viewer.log_in_at(second, other, "violet")
    found = samples(scene.publisher, scene.content, "flask")
    assert get(running(scene, found["Warehouse"]), scene.token).json[0]["region"] == f"region of {scene.username}"
    assert get(running(scene, found["Second"]), scene.token).json[0]["region"] == "region of violet"


# Snowflake, with posit-sdk's own authenticator. The connector is a stand-in: it knows only Snowflake's hosts.


def connector(asked: list[dict], provider) -> types.ModuleType:
    class Cursor:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def execute(self, statement):
            asked[-1]["statement"] = statement
            return self

        def fetchall(self):
            return [{"WHO": provider.whoami(asked[-1]["token"])}]

    class Connection(Cursor):
        def cursor(self, kind):
            assert kind is module.DictCursor
            return Cursor()

    module = types.ModuleType("snowflake.connector")
    module.DictCursor = object()
    module.connect = lambda **given: asked.append(given) or Connection()
    return module


def test_snowflake_code_connects_with_the_viewers_token(server, snowflake, running):
    scene = publish(server, snowflake)
    asked: list[dict] = []
    stand_in = connector(asked, snowflake)
    package = types.ModuleType("snowflake")
    package.connector = stand_in
    code = samples(scene.publisher, scene.content, "flask")["Warehouse"]
    names = running(scene, code, **{"snowflake": package, "snowflake.connector": stand_in})
    assert get(names, scene.token).json == [{"WHO": scene.username}]
    [given] = asked
    assert given["authenticator"] == "oauth" and given["warehouse"] == "YOUR-WAREHOUSE"
    sheet = scene.publisher.api.ok("GET", f"v1/content/{scene.content['guid']}/runtime")["environment"]
    assert given["account"] in [one["value"] for one in sheet if one["name"] == "SNOWFLAKE_ACCOUNT"]


# The others.


def test_code_for_this_server_lists_what_the_viewer_may_see(server, databricks, running):
    scene = publish(server, databricks)
    scene.account.associate(scene.publisher, scene.content, scene.account.integrate("connect", max_role="Viewer"))
    scene.account.add_content(scene.publisher, title="Hidden", access_type="acl")
    names = running(scene, samples(scene.publisher, scene.content, "flask")["connect"])
    assert get(names, scene.token).json == [{"title": "Sales", "guid": scene.content["guid"]}]


def test_code_for_any_service_sends_the_viewers_token(server, stage, running):
    scene = publish(server, stage.simulator("generic"))
    names = running(scene, samples(scene.publisher, scene.content, "flask")["Warehouse"])
    assert names["URL"] == "https://YOUR-SERVICE/api"
    names["URL"] = scene.provider.origin + "/tenant/userinfo"
    assert get(names, scene.token).json[0]["sub"] == scene.username


@pytest.mark.parametrize("auth_type", ["Viewer", "Service Account"])
def test_code_for_aws_acts_with_the_role(server, databricks, stage, running, monkeypatch, auth_type):
    aws: Aws = stage.aws()
    scene = publish(server, databricks)
    issuer = Issuer(scene.account.url().rstrip("/"))
    aws.trust(issuer.issuer)
    role = aws.make_role("analysts", issuer.issuer)
    config = {"auth_type": auth_type, "role_arn": role, "sts_region": "us-east-1", "sts_endpoint": aws.host}
    scene.account.associate(scene.publisher, scene.content, scene.account.integrate("aws", **config))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws.origin)
    assert boto3.__version__
    names = running(scene, samples(scene.publisher, scene.content, "flask")["aws"])
    answer = get(names, scene.token if auth_type == "Viewer" else None)
    assert "assumed-role/analysts/" in answer.json[0]["who"]


# The other frameworks.


def test_streamlit_code_shows_rows_and_the_way_to_log_in(server, own_stage, running):
    scene = publish(server, own_stage.simulator("databricks"), log_in=False)
    code = samples(scene.publisher, scene.content, "streamlit")["Warehouse"]
    shown: list[tuple] = []
    streamlit = types.ModuleType("streamlit")
    streamlit.context = types.SimpleNamespace(headers={SESSION_HEADER: scene.token})
    for name in ("dataframe", "error", "link_button"):
        setattr(streamlit, name, lambda *given, name=name: shown.append((name, *given)))
    running(scene, code, streamlit=streamlit)
    assert [one[0] for one in shown] == ["error", "link_button"] and "/login?redirect=/content/" in shown[1][2]
    shown.clear()
    scene.log_in()
    running(scene, code, streamlit=streamlit)
    assert shown == [("dataframe", [{"region": f"region of {scene.username}", "amount": "1"}])]


def test_dash_code_finds_the_viewer_in_its_callback(server, databricks, running):
    scene = publish(server, databricks)
    made: dict = {}

    class Dash:
        def __init__(self, name, **given):
            made.update(given)
            self.server = flask.Flask(name)

        def callback(self, *_):
            return lambda function: function

    dash = types.ModuleType("dash")
    dash.Dash, dash.Input, dash.Output = Dash, lambda *_: None, lambda *_: None
    dash.dcc = types.SimpleNamespace(Location=lambda **_: None)
    tag = lambda *given, **_: given  # noqa: E731
    dash.html = types.SimpleNamespace(Div=tag, A=tag, P=tag, Pre=tag)
    names = running(scene, samples(scene.publisher, scene.content, "dash")["Warehouse"], dash=dash)
    assert made["requests_pathname_prefix"] == f"/content/{scene.content['guid']}/"
    with names["server"].test_request_context(headers={SESSION_HEADER: scene.token}):
        assert f"region of {scene.username}" in names["show"]("/")[0]


def test_dash_code_has_no_prefix_where_content_has_an_origin_of_its_own(own_stage):
    server = own_stage.gatehouse(own_origins=True)
    scene = publish(server, own_stage.simulator("databricks"))
    code = samples(scene.publisher, scene.content, "dash")["Warehouse"]
    check_style(code)
    assert "app = Dash(__name__)" in code and "pathname_prefix" not in code


def test_shiny_code_runs_and_shows_the_viewers_rows(server, databricks, stage, own_stage):
    scene = publish(server, databricks)
    folder = own_stage.folder("shiny")
    (folder / "app.py").write_text(samples(scene.publisher, scene.content, "shiny")["Warehouse"])
    port = free_port()
    shiny = shutil.which("shiny", path=str(Path(sys.executable).parent))
    command = [shiny, "run", folder / "app.py", "--host", "127.0.0.1", "--port", str(port)]
    ready = re.compile(r"Uvicorn running on (\S+)")
    own_stage.keep(server.run_content(scene.content, scene.publisher.key, *command, ready=ready))
    address = f"ws://127.0.0.1:{port}/websocket/"
    with websockets.sync.client.connect(address, additional_headers={SESSION_HEADER: scene.token}) as socket:
        socket.send(json.dumps({"method": "init", "data": {".clientdata_output_rows_hidden": False}}))
        shown = None
        while shown is None:
            shown = json.loads(socket.recv(timeout=DEADLINE_SECONDS)).get("values", {}).get("rows")
    assert f"region of {scene.username}" in json.dumps(shown)
