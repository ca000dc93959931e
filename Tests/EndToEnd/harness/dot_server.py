"""django-oauth-toolkit as an authorization server, mounted at Databricks' own paths.

PKCE is required, refresh tokens rotate, and the reuse of a refresh token ends its whole family.
Run as `python dot_server.py PORT FOLDER`; prints one line when ready. The /control paths belong to the tests.
"""

import json
import os
import secrets
import sys
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

LOGIN_TEMPLATE = """<!doctype html><title>Sign in</title>
<form method="post">{% csrf_token %}{{ form.as_p }}
<input type="hidden" name="next" value="{{ next }}"><button>Sign in</button></form>"""


def signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def configure(port: int, folder: Path) -> None:
    loaders = [
        ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_TEMPLATE}),
        "django.template.loaders.app_directories.Loader",
    ]
    settings.configure(
        DEBUG=False,
        ALLOWED_HOSTS=["*"],
        SECRET_KEY=secrets.token_urlsafe(32),
        ROOT_URLCONF=__name__,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "dot.sqlite"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": loaders,
                    "context_processors": ["django.template.context_processors.request"],
                },
            }
        ],
        LOGIN_URL="/login/",
        # Cookies know no ports: other servers of the same test share this host name.
        SESSION_COOKIE_NAME="dot-session",
        CSRF_COOKIE_NAME="dot-csrf",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        USE_TZ=True,
        OAUTH2_PROVIDER={
            "PKCE_REQUIRED": True,
            "ROTATE_REFRESH_TOKEN": True,
            "REFRESH_TOKEN_REUSE_PROTECTION": True,
            "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
            "ACCESS_TOKEN_EXPIRE_SECONDS": int(os.environ.get("DOT_ACCESS_TOKEN_SECONDS", "3600")),
            "OIDC_ENABLED": True,
            "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}/oidc",
            "OIDC_RSA_PRIVATE_KEY": signing_key(),
            "SCOPES": {name: name for name in ("all-apis", "sql", "offline_access", "openid", "profile", "email")},
        },
    )
    django.setup()


def control(request, action):
    """The tests' door: make a client or user, change lifetimes, look at what was issued."""
    from django.contrib.auth import get_user_model
    from django.http import JsonResponse
    from oauth2_provider.models import AccessToken, Application, RefreshToken
    from oauth2_provider.settings import oauth2_settings

    body = json.loads(request.body or b"{}")
    if action == "clients":
        Application.objects.create(
            client_id=body["client_id"],
            client_secret=body["client_secret"],
            redirect_uris=" ".join(body["redirect_uris"]),
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            algorithm=Application.RS256_ALGORITHM,
            name=body["client_id"],
        )
    elif action == "users":
        get_user_model().objects.create_user(body["username"], body.get("email"), body["password"])
    elif action == "lifetime":
        oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS = body["seconds"]
    elif action == "refuse_user":
        get_user_model().objects.filter(username=body["username"]).update(is_active=False)
    elif action != "issued":
        return JsonResponse({"error": "no such action"}, status=404)
    return JsonResponse(
        {
            "access_tokens": list(AccessToken.objects.values_list("token", flat=True)),
            "refresh_tokens": list(RefreshToken.objects.order_by("pk").values("token", "revoked", "user__username")),
        }
    )


def me(request):
    """The workspace's SCIM `Me`, for whoever the bearer token belongs to."""
    from django.http import JsonResponse
    from django.utils import timezone
    from oauth2_provider.models import AccessToken

    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    found = AccessToken.objects.filter(token=token, expires__gt=timezone.now()).first()
    if found is None:
        return JsonResponse({"error_code": 403, "message": "Invalid access token."}, status=403)
    return JsonResponse({"id": str(found.user.pk), "userName": found.user.username, "displayName": found.user.username})


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Query strings carry codes: nothing is logged."""


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    configure(port, folder)

    from django.contrib.auth.views import LoginView
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt
    from oauth2_provider.views import AuthorizationView, TokenView

    sys.modules[__name__].urlpatterns = [
        path("login/", LoginView.as_view()),
        path("oidc/v1/authorize", AuthorizationView.as_view()),
        path("oidc/v1/token", TokenView.as_view()),
        path("api/2.0/preview/scim/v2/Me", me),
        path("control/<str:action>", csrf_exempt(control)),
    ]
    call_command("migrate", verbosity=0)
    server = make_server("127.0.0.1", port, get_wsgi_application(), server_class=Server, handler_class=QuietHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
