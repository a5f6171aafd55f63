"""Django settings. Everything that can differ between installations is read from environment variables."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from cryptography.fernet import Fernet
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from common.hosts import ascii_host, ascii_url
from config.runtime import embedded_postgres
from config.runtime.embedded_postgres import EmbeddedPostgres
from config.runtime.secret_files import read_or_create

BASE_DIR = Path(__file__).resolve().parent.parent


def text(name: str, default: str | None = None) -> str:
    """Read a text setting. Raises ImproperlyConfigured when it is missing and has no default."""
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}; see docs/configuration.md.")
    return value


def flag(name: str, default: bool) -> bool:
    """Read a true/false setting. Raises ImproperlyConfigured for any other word."""
    word = text(name, str(default)).lower()
    if word in {"true", "yes", "on", "1"}:
        return True
    if word in {"false", "no", "off", "0"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {word!r}.")


def number(name: str, default: int) -> int:
    """Read a setting that is a whole number of at least 0. Raises ImproperlyConfigured for anything else."""
    digits = text(name, str(default))
    if not (digits.isascii() and digits.isdigit()):
        raise ImproperlyConfigured(f"{name} must be a whole number, not {digits!r}.")
    return int(digits)


def words(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list setting; empty parts are dropped."""
    return [word for part in text(name, default).split(",") if (word := part.strip())]


def hosts(name: str, default: str = "") -> list[str]:
    """Read a list of host names or origins in ASCII, as browsers send them. Raises ImproperlyConfigured for others."""
    try:
        return [ascii_url(word) if "://" in word else ascii_host(word) for word in words(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Read a list of addresses and networks (192.0.2.1, 10.0.0.0/8). Raises ImproperlyConfigured for anything else."""
    try:
        return [ip_network(word, strict=False) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}.") from error


# Folder of all files that Stemma creates: secrets, media, collected static files, the embedded database.
VAR_DIR = Path(text("STEMMA_VAR", str(BASE_DIR / "var"))).expanduser().absolute()

DEBUG = flag("DEBUG", default=False)
SECRET_KEY = text("SECRET_KEY", "") or read_or_create(VAR_DIR / "secret-key", lambda: secrets.token_urlsafe(50))
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = hosts("CSRF_TRUSTED_ORIGINS")

# Fernet keys of provider credentials, newest first: the first one encrypts, all of them decrypt.
STEMMA_CREDENTIALS_KEYS = words("STEMMA_CREDENTIALS_KEYS") or [
    read_or_create(VAR_DIR / "credentials-key", lambda: Fernet.generate_key().decode())
]
try:
    _ = [Fernet(key) for key in STEMMA_CREDENTIALS_KEYS]
except ValueError as error:
    raise ImproperlyConfigured("STEMMA_CREDENTIALS_KEYS contains a value that is not a Fernet key.") from error
# Hosts (host or host:port) that providers may use although their address is private; all others are blocked.
STEMMA_PRIVATE_HOSTS = hosts("STEMMA_PRIVATE_HOSTS")
# Media hosts of Pixverse. Their URLs are reduced to paths as names, and pages may display their media.
PIXVERSE_MEDIA_HOSTS = hosts("PIXVERSE_MEDIA_HOSTS", "media.pixverse.ai")

INSTALLED_APPS = [
    "config.apps.StemmaAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "csp",
    "axes",
    "procrastinate.contrib.django",
    "ninja",
    "providers",
    "assets",
    "lineage",
    "generations",
    "library",
    "config",
]

MIDDLEWARE = [
    # First: whether a request came over HTTPS is known only when its proxy is.
    "config.middleware.client_address.ClientAddress",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.head.HeadAsGet",
    "config.middleware.statement_timeout.StatementTimeout",
    "csp.middleware.CSPMiddleware",
    "config.api_errors.ApiProblems",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.time_zone.TimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.unavailable.UnavailablePages",
    "django_htmx.middleware.HtmxMiddleware",
    # Last, as django-axes requires: it replaces the response of a locked-out sign-in.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# The embedded server, or None when DATABASE_URL names another. Creating the object starts nothing; the entry points
# (web server, worker, commands, tests) start it by join().
EMBEDDED_POSTGRES: EmbeddedPostgres | None = None
DATABASE_URL = text("DATABASE_URL", "")
DATABASE: dict[str, Any]
if DATABASE_URL:
    DATABASE = dict(environ.Env.db_url_config(DATABASE_URL))
    # django-environ does not decode %2F in a host, and puts ?host=/folder among the options.
    DATABASE["HOST"] = unquote(DATABASE.get("HOST") or DATABASE.get("OPTIONS", {}).pop("host", ""))
else:
    EMBEDDED_POSTGRES = EmbeddedPostgres(VAR_DIR)
    DATABASE = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": str(EMBEDDED_POSTGRES.socket_folder),
        "PORT": str(embedded_postgres.PORT),
        "USER": embedded_postgres.ROLE,
        "NAME": embedded_postgres.DATABASE,
    }
# More than the web server has threads, which is checked when it starts.
DATABASE_POOL_SIZE = number("DATABASE_POOL_SIZE", 12)
DATABASE["OPTIONS"] = {"connect_timeout": 5, **DATABASE.get("OPTIONS", {})}
DATABASE["CONN_MAX_AGE"] = 0  # the pool keeps connections open, and Django does not allow both
# After a restart of the database all connections of the pool are dead; health checks replace them without errors.
DATABASE["CONN_HEALTH_CHECKS"] = True
if DATABASE_POOL_SIZE:
    DATABASE["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        # A request without a connection is answered after this time, with a page that tries again.
        "timeout": 1,
        # The pool doubles its pause before each further attempt to connect. Having given up, it tries again at once for
        # the next request, so that it is in use as soon as the database is back.
        "reconnect_timeout": 2,
    }
DATABASES = {"default": DATABASE}
# Time limits of one query of a page or of the API, and of the admin; 0 means no limit. The worker has none.
STATEMENT_TIMEOUT_SECONDS = number("STATEMENT_TIMEOUT_SECONDS", 5)
ADMIN_STATEMENT_TIMEOUT_SECONDS = number("ADMIN_STATEMENT_TIMEOUT_SECONDS", 60)
# How many threads of a web server's process may read what takes long, at the same time.
HEAVY_REQUESTS_MAX = max(number("HEAVY_REQUESTS_MAX", 3), 1)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "config.preferences.backend.UserBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "library:library"
LOGOUT_REDIRECT_URL = "sign-in"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=number("SIGN_IN_LOCKOUT_MINUTES", 15))
# Locked out by the pair, so that no one can lock out another user from a different address.
# REMOTE_ADDR is the client's address, by `config.middleware.client_address`.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# Secure cookies are sent over HTTPS only. Set this to false when Stemma is served over plain HTTP.
SECURE_COOKIES = flag("SECURE_COOKIES", default=not DEBUG)
SESSION_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = number("SECURE_HSTS_SECONDS", 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = flag("SECURE_HSTS_PRELOAD", default=False)
# Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; these headers are removed from all other requests.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
# Only behind a proxy that always sets this header itself: otherwise any client could claim to use HTTPS.
if flag("TRUST_FORWARDED_PROTO", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Private hosts are on this machine or network and serve media over plain HTTP.
MEDIA_ORIGINS = [f"http{'' if host in STEMMA_PRIVATE_HOSTS else 's'}://{host}" for host in PIXVERSE_MEDIA_HOSTS]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # Bootstrap's CSS has its icons as data: URLs.
        "img-src": [SELF, "data:", *MEDIA_ORIGINS],
        "media-src": [SELF, *MEDIA_ORIGINS],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Hashed file names require `manage.py collectstatic`. Without hashes, files are served from their source folders.
STATIC_HASHED = flag("STATIC_HASHED", default=not DEBUG)
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not STATIC_HASHED
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Interval of a worker's heartbeats. Another worker resumes a run after two missed heartbeats.
WORKER_HEARTBEAT_SECONDS = max(number("WORKER_HEARTBEAT_SECONDS", 10), 1)
PROCRASTINATE_WORKER_DEFAULTS = {
    # New jobs are announced by NOTIFY; polling finds those whose notification was missed.
    "fetch_job_polling_interval": 1,
    "concurrency": number("WORKER_CONCURRENCY", 2),
    "update_heartbeat_interval": WORKER_HEARTBEAT_SECONDS,
    # On shutdown a worker waits this long for its jobs, then requests them to stop at their next page.
    "shutdown_graceful_timeout": 1,
}

# Maximum request rate per provider account; 0 means no limit.
SYNC_REQUESTS_PER_SECOND = number("SYNC_REQUESTS_PER_SECOND", 1)
# Average wait before the second attempt of a failed request to a provider; doubled before each further one.
PROVIDER_BACKOFF_MS = number("PROVIDER_BACKOFF_MS", 500)
# How many threads of a web server's process may wait for providers, at the same time, and for how long one request may
# wait for its account's rate.
PROVIDER_REQUESTS_MAX = max(number("PROVIDER_REQUESTS_MAX", 3), 1)
PROVIDER_WAIT_SECONDS_MAX = number("PROVIDER_WAIT_SECONDS_MAX", 20)

LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = text("TIME_ZONE", "UTC")
USE_TZ = True

LOG_LEVEL = text("LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"redact": {"()": "providers.http.RedactCredentials"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Django's own handler for this logger would print each line twice.
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # These log each start at level INFO, in every management command.
        "procrastinate.blueprints": {"level": "WARNING"},
        "procrastinate.periodic": {"level": "WARNING"},
    },
}
