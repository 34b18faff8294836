"""Every setting, read from the environment; an empty environment gives a working development site.

`.env.example` lists the variables. Nonsense in one of them stops the start with its name.
"""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from environs import Env
from environs import validate as checks

from gameapp.secret import local_secret_key
from games.discovery import game_folders
from store.limits import Policy

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)

DEBUG = env.bool("DEBUG", True)
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var"))).resolve()
SECRET_KEY = env.str("SECRET_KEY") if not DEBUG else env.str("SECRET_KEY", "") or local_secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])

# Where players reach the site, as full origins. Hosts, CSRF and the sockets' Origin check follow
# from it. Empty in development: then a socket's Origin must equal the Host it was opened on.
_site_urls: list[str] = env.list("SITE_URLS", [])
SITE_URLS = [url.rstrip("/").lower() for url in _site_urls]
ON_TLS = bool(SITE_URLS) and all(url.startswith("https://") for url in SITE_URLS)
ALLOWED_HOSTS = sorted({url.partition("://")[2].removesuffix(f":{urlsplit(url).port}") for url in SITE_URLS})
if DEBUG and not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = SITE_URLS

INSTALLED_APPS = [
    "gameapp",  # Before daphne, whose runserver it extends.
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "js_asset",
    "live",
    "audit",
    "accounts",
    "flags",
    "presence",
    "leaderboard",
    "games",
    "profiles",
    "dashboard",
]

# Short and async from end to end: a stock middleware costs two thread hops a request under ASGI.
MIDDLEWARE = [
    "gameapp.middleware.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "gameapp.middleware.CSPMiddleware",
    "gameapp.middleware.XFrameOptionsMiddleware",
    "dashboard.health.HealthMiddleware",
    "gameapp.middleware.RefusalMiddleware",
    "accounts.middleware.SessionMiddleware",
    "gameapp.middleware.CommonMiddleware",
    "gameapp.middleware.CsrfViewMiddleware",
    "accounts.middleware.PlayerMiddleware",
    "flags.middleware.FlagMiddleware",
    "gameapp.middleware.MessageMiddleware",
    "presence.middleware.VisitorMiddleware",
]

# These checks look for the stock classes by name; ours are subclasses, and tests see their headers in force.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003"]

ROOT_URLCONF = "gameapp.urls"
ASGI_APPLICATION = "gameapp.asgi.application"

# A game brings its own templates and static files in its own folder.
_GAMES = game_folders(BASE_DIR / "games")
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", *(folder / "templates" for folder in _GAMES)],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gameapp.context.page",
            ]
        },
    }
]

DATABASES = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Player"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "games:lobby"
LOGOUT_REDIRECT_URL = "games:lobby"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# A link for a new password; without EMAIL_HOST mails are printed where the server runs.
PASSWORD_RESET_TIMEOUT = 60 * 60
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_USER", ""), env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "Gameapp <gameapp@localhost>")

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 60 * 24 * 60 * 60
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Redis: see store/client.py. Without REDIS_URL it is the private server of the data folder.
REDIS_PREFIX = env.str("REDIS_PREFIX", "gameapp", validate=checks.Regexp(r"[A-Za-z0-9_-]+\Z"))
REDIS_URL = env.str("REDIS_URL", "")
REDIS_TIMEOUT_S = env.float("REDIS_TIMEOUT_S", 2.0)
REDIS_CONNECTIONS_MAX = env.int("REDIS_CONNECTIONS_MAX", 64)
REDIS_APPENDFSYNC = env.str("REDIS_APPENDFSYNC", "everysec")

# How often somebody may do something; store/limits.py. Accounts first, addresses as a loose outer bound only:
# a school shares one. A sign-in stays closed while Redis is away, since nobody would count the tries; a move, which
# needs Redis anyway, opens, so that its own answer says what is wrong.
RATE_LIMITS = {
    "sign_in_account_address": Policy(limit=10, window_s=300, sliding=True),
    "sign_in_account": Policy(limit=100, window_s=300, sliding=True),
    "sign_in_address": Policy(limit=300, window_s=300),
    "reset_address": Policy(limit=20, window_s=3600),
    "reset_mail": Policy(limit=3, window_s=3600),
    "sign_up_address": Policy(limit=200, window_s=3600),
    "guest_address": Policy(limit=2_000, window_s=600, opens_when_away=True),
    "shop": Policy(limit=120, window_s=60),
    "delete_address": Policy(limit=60, window_s=3600),
    "export": Policy(limit=10, window_s=3600),
    "replay": Policy(limit=120, window_s=60, opens_when_away=True),
    "nearby": Policy(limit=6, window_s=24 * 60 * 60),
    "follow": Policy(limit=60, window_s=60),
    "run_start": Policy(limit=200, window_s=60, opens_when_away=True),
    "move": Policy(limit=10_000, window_s=60, opens_when_away=True),
    "handshake_session": Policy(limit=600, window_s=60, opens_when_away=True),
    "handshake_address": Policy(limit=20_000, window_s=60, opens_when_away=True),
    "message_player": Policy(limit=12_000, window_s=60, opens_when_away=True),
    "message_address": Policy(limit=120_000, window_s=60, opens_when_away=True),
    "passed": Policy(limit=1, window_s=60),
}
# For load tests, and for places where everybody is trusted: all of them times this.
RATE_LIMIT_FACTOR = env.float("RATE_LIMIT_FACTOR", 1.0)
RATE_LIMITS = {
    name: replace(policy, limit=max(1, round(policy.limit * RATE_LIMIT_FACTOR))) for name, policy in RATE_LIMITS.items()
}
# So many proxies of ours stand in front and append to X-Forwarded-For.
PROXY_COUNT = env.int("PROXY_COUNT", 0)

# A socket with something on the way to it, of which nothing is heard for so long, is closed.
SOCKET_SILENCE_S = env.float("SOCKET_SILENCE_S", 45.0)

CHANNEL_LAYERS = {"default": {"BACKEND": "live.layer.ChannelLayer"}}

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", *(folder / "static" for folder in _GAMES)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "servestatic.storage.CompressedManifestStaticFilesStorage"
    },
}
SERVESTATIC_ALLOW_ALL_ORIGINS = False

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "gameapp.formats"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ON_TLS
SECURE_SSL_REDIRECT = ON_TLS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if ON_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ON_TLS
# Set it only behind a proxy that always overwrites the header.
if env.bool("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

TEST_RUNNER = "tests.runner.PytestRunner"

# `line` for people, `json` for programs: one object a line. Both say which request a line belongs to.
LOG_FORMAT = env.str("LOG_FORMAT", "line", validate=checks.OneOf(["line", "json"]))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "live.counted.RequestId"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)-7s %(name)s [%(request_id)s]: %(message)s"},
        "json": {"()": "live.counted.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "django.channels.server": {"level": "WARNING"}},
}

# Who may read /metrics: whoever sends it as a bearer token; without one, only this machine itself.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
