"""The settings under test: Stemma's own, with an environment fixed before they are read."""

from __future__ import annotations

import os

os.environ["DEBUG"] = "false"
os.environ["SECRET_KEY"] = "a key for tests only, long enough to please every check there is: 0123456789"
os.environ["STEMMA_CREDENTIALS_KEYS"] = "dGVzdHMtb25seS1ub3QtYS1zZWNyZXQtMTIzNDU2Nzg="
os.environ["ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
os.environ["SECURE_COOKIES"] = "false"
os.environ["STATIC_HASHED"] = "false"
# A pool's threads outlive the test that opened it, and hold the test database when it is dropped.
os.environ["DATABASE_POOL_SIZE"] = "0"
# On a busy machine any query may be slow; tests of the limit set it.
os.environ["STATEMENT_TIMEOUT_SECONDS"] = "0"
os.environ["ADMIN_STATEMENT_TIMEOUT_SECONDS"] = "0"
# Tests of the pace and of retries set them; the others do not wait.
os.environ["SYNC_REQUESTS_PER_SECOND"] = "0"
os.environ["PROVIDER_BACKOFF_MS"] = "10"

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE

# A database of its own for each run, so that several can go on at once; conftest.py removes what a killed one left.
DATABASES["default"]["TEST"] = {"NAME": f"test_stemma_{os.getpid()}"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Its command replaces Django's own.
INSTALLED_APPS = ["tests.quick_flush", *INSTALLED_APPS]
# Every answer of the API in every test is one that its description documents.
MIDDLEWARE = ["tests.contract.documented.Documented", *MIDDLEWARE]
