"""Every setting, read from the environment; an empty environment gives a working development site.

`.env.example` lists the variables. A wrong value stops the start with an error that names the variable.
"""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF

from gameapp import environment
from gameapp.rate_limits import POLICIES
from games.discovery import game_folders, look_in, room_folders
from live.servers.bodies import BODY_BYTES_MAX

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    _given = environment.read(BASE_DIR)
except environment.WrongSetting as error:
    raise SystemExit(f"Cannot start: {error}.") from None

DEBUG = _given.debug
DATA_DIR = _given.data_dir
SECRET_KEY = _given.secret_key
SECRET_KEY_FALLBACKS = _given.secret_key_fallbacks

# Where players reach the site, as full origins. Hosts, CSRF, mailed links and the sockets' Origin check follow
# from it. Empty in development: then a socket's Origin must equal the Host it was opened on.
SITE_URLS = _given.site_urls
ON_TLS = bool(SITE_URLS) and all(url.startswith("https://") for url in SITE_URLS)
ALLOWED_HOSTS = sorted({url.partition("://")[2].removesuffix(f":{urlsplit(url).port}") for url in SITE_URLS})
if DEBUG and not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = SITE_URLS

INSTALLED_APPS = [
    "gameapp",  # Before daphne, whose runserver it extends.
    "gameapp.daphne_app.DaphneConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "servestatic",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "js_asset",
    "live",
    "audit",
    "accounts",
    "flags",
    "wallet",
    "visitors",
    "nearby",
    "presence",
    "leaderboard",
    "games",
    "achievements",
    "moderation",
    "people",
    "tools",
    "operators",
]

# Short and async from end to end: a stock middleware costs two thread hops a request under ASGI.
MIDDLEWARE = [
    "gameapp.middleware.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "gameapp.middleware.CompressMiddleware",
    "gameapp.middleware.CSPMiddleware",
    "gameapp.middleware.XFrameOptionsMiddleware",
    "live.observe.health.HealthMiddleware",
    "gameapp.languages.LanguageMiddleware",
    "gameapp.middleware.RefusalMiddleware",
    "accounts.sessions.middleware.SessionMiddleware",
    "gameapp.middleware.CommonMiddleware",
    "gameapp.middleware.CsrfViewMiddleware",
    "accounts.sessions.middleware.PlayerMiddleware",
    "flags.middleware.FlagMiddleware",
    "gameapp.middleware.MessageMiddleware",
    "visitors.middleware.VisitorMiddleware",
]

# What is the same for all on a page may be this old: live/servers/shared_pages.py. 0: rendered for each visitor.
SHARED_PAGE_S = 1.0

# The first three checks look for the stock middleware by name. Ours are subclasses, and tests check their headers.
# HSTS for subdomains and for browsers' preload lists is each operator's choice.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003", "security.W005", "security.W021"]

ROOT_URLCONF = "gameapp.urls"
ASGI_APPLICATION = "gameapp.asgi.application"

# A game brings its own templates and static files in its own folder.
if _given.games_dir:
    look_in(_given.games_dir)
_GAMES = [*game_folders(), *room_folders()]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", *(folder / "templates" for folder in _GAMES)],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "gameapp.templatetags.modules", "gameapp.templatetags.own"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gameapp.context.page",
            ],
        },
    }
]

DATABASES = {"default": _given.database}
# How long a page waits for SQL that is locked or away before it is a 503.
SQL_TIMEOUT_S = _given.sql_timeout_s
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["CONN_MAX_AGE"] = None  # Threads stay, too: live/servers/threads.py.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": SQL_TIMEOUT_S,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # With a pooler in transaction mode, a server-side cursor may lose its connection.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    _options.setdefault("connect_timeout", max(2, round(SQL_TIMEOUT_S)))
    _options.setdefault("options", f"-c lock_timeout={round(1000 * SQL_TIMEOUT_S)}")
    if find_spec("psycopg_pool"):  # Else each request opens a connection of its own, which costs milliseconds.
        _options.setdefault("pool", {"min_size": 1, "max_size": 16, "timeout": SQL_TIMEOUT_S})
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
EMAIL_HOST = _given.email_host
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = _given.email_port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _given.email_host_user, _given.email_host_password
EMAIL_USE_TLS = _given.email_use_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = _given.email_from

# Two hashes at a time, in threads of their own; see accounts/sign_in/hashing.py.
PASSWORD_HASHERS = ["accounts.sign_in.hashing.PooledHasher"]

SESSION_ENGINE = "accounts.sessions.engine"
SESSION_COOKIE_AGE = 60 * 24 * 60 * 60
# Short messages are kept in a cookie, so that a message to an anonymous visitor does not create a session.
MESSAGE_STORAGE = "django.contrib.messages.storage.fallback.FallbackStorage"

# Redis: see store/client.py. Without REDIS_URL it is the private server of the data folder.
REDIS_PREFIX = _given.redis_prefix
REDIS_URL = _given.redis_url
REDIS_TIMEOUT_S = _given.redis_timeout_s
REDIS_CONNECTIONS_MAX = _given.redis_connections_max
REDIS_WAIT_REPLICAS = _given.redis_wait_replicas
REDIS_APPENDFSYNC = _given.redis_appendfsync

# All limits are multiplied by this, for load tests and for sites where everybody is trusted.
RATE_LIMIT_FACTOR = _given.rate_limit_factor
RATE_LIMITS = {
    name: replace(policy, limit=max(1, round(policy.limit * RATE_LIMIT_FACTOR))) for name, policy in POLICIES.items()
}
# How many proxies of ours stand in front and append to X-Forwarded-For.
PROXY_COUNT = _given.proxy_count
# At most this many connections, and this many sockets, per address. Generous, since a school shares one.
ADDRESS_CONNECTIONS_MAX = _given.address_connections_max

# A socket that has not acknowledged what was sent, and says nothing for this long, is closed.
SOCKET_SILENCE_S = _given.socket_silence_s

CHANNEL_LAYERS = {"default": {"BACKEND": "live.layer.ChannelLayer"}}

STATIC_URL = "static/"
STATIC_ROOT = _given.static_root
STATICFILES_DIRS = [BASE_DIR / "static", *(folder / "static" for folder in _GAMES)]
# What is put together from them when they are collected: gameapp/bundles.py.
BUNDLES_DIR = DATA_DIR / "bundles"
if not DEBUG:
    BUNDLES_DIR.mkdir(parents=True, exist_ok=True)
    STATICFILES_DIRS.append(BUNDLES_DIR)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "servestatic.storage.CompressedManifestStaticFilesStorage"
    },
}
SERVESTATIC_ALLOW_ALL_ORIGINS = False

DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_BYTES_MAX
# No form accepts files, so uploads are never written to disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# Words are in locale/, those of a game in its own folder. LOCALE_DIR adds languages, or replaces words.
LANGUAGE_CODE = "en"
LOCALE_PATHS = [folder / "locale" for folder in (BASE_DIR, *_GAMES)]
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("pt", "Português"),
    ("ja", "日本語"),
]
if _given.locale_dir:
    LOCALE_PATHS.insert(0, _given.locale_dir)
    LANGUAGES += environment.languages_in(_given.locale_dir, known=[code for code, _ in LANGUAGES])
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
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
        "worker-src": [SELF],
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
# How long browsers refuse http://: a day by default. See docs/running.md.
SECURE_HSTS_SECONDS = _given.hsts_seconds if ON_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ON_TLS and _given.hsts_subdomains
SECURE_HSTS_PRELOAD = ON_TLS and _given.hsts_preload
# Set it only behind a proxy that always overwrites the header.
if _given.behind_tls_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

TEST_RUNNER = "tests.runner.PytestRunner"

# `line` for people, `json` for programs: one object a line. Both say which request a line belongs to.
LOG_FORMAT = _given.log_format
# These are set on the handler, because a logger's filters do not see the records of its children.
LOG_FILTERS = ["request_id", "no_traceback", "repeats"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "live.observe.logs.RequestId"},
        "repeats": {"()": "live.observe.logs.NoRepeats"},
        "health": {"()": "live.observe.logs.NoHealthChecks"},
        "no_traceback": {"()": "live.observe.logs.NoTraceback"},
    },
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)-7s %(name)s [%(request_id)s]: %(message)s"},
        "json": {"()": "live.observe.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": LOG_FILTERS}},
    "root": {"handlers": ["console"], "level": _given.log_level},
    "loggers": {
        "django.request": {"level": "ERROR", "filters": ["health"]},
        "django.channels.server": {"level": "WARNING"},
    },
}

# The bearer token for /metrics. Without one, only this machine may read the page.
METRICS_TOKEN = _given.metrics_token
