"""The site's settings for tests: everything in a folder of its own, nothing from the developer's environment."""

import atexit
import os
import shutil
import tempfile

from benchmarks.postgres import Postgres

_folder = tempfile.mkdtemp(prefix="gameapp-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
for _name in ("REDIS_URL", "DATABASE_URL", "SITE_URLS", "SECRET_KEY_FALLBACKS", "BEHIND_TLS_PROXY"):
    os.environ.pop(_name, None)
# Instead of SQLite in memory: one server for all processes of this run.
if os.environ.get("TEST_DATABASE") == "postgres" and "TEST_DATABASE_URL" not in os.environ:
    os.environ["TEST_DATABASE_URL"] = Postgres().url
if "TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
os.environ.update(DATA_DIR=_folder, DEBUG="1", SECRET_KEY="only-for-tests-and-long-enough-to-be-one")

from gameapp.settings import *  # noqa: E402, F403

DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A busy machine is slow; what Redis does when it hangs is tried with servers that hang.
REDIS_TIMEOUT_S = 20.0
SHARED_PAGE_S = 0.0  # Tests change something and look at once.
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405
