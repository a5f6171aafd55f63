"""The set-up of docs/running.md, by its own commands: gunicorn with two processes, an HTTPS proxy in front of it."""

from __future__ import annotations

import re
import shlex
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from http.cookies import SimpleCookie
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config import settings
from config.runtime.processes import answers_http, running
from tests.worker.working import database_url

HOST = "stemma.example.org"
PROXY = Path(__file__).with_name("tls_proxy.py")
GUIDE = (settings.BASE_DIR / "docs" / "running.md").read_text()
READY_SECONDS = 60
STATEMENT_SECONDS = "3"


@dataclass(frozen=True)
class Servers:
    """The ports of the two servers, and what a client needs to trust the proxy."""

    web_port: int
    web_pid: int
    proxy_port: int
    trust: ssl.SSLContext


@dataclass
class Browser:
    """A client at one address of this machine, with its cookies."""

    servers: Servers
    address: str
    cookies: dict[str, str] = field(default_factory=dict)

    def request(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        *,
        directly: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[HTTPResponse, str]:
        """Send a request through the proxy, or directly to the web server."""
        connection = self._connect(directly)
        sent = {"Host": HOST, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"https://{HOST}/"}
        connection.request(method, path, urlencode(form) if form is not None else None, sent | dict(headers or {}))
        answer = connection.getresponse()
        body = answer.read().decode()
        for cookie in SimpleCookie("; ".join(answer.headers.get_all("Set-Cookie", []))).values():
            self.cookies[cookie.key] = cookie.value
        connection.close()
        return answer, body

    def sign_in(
        self, username: str, password: str, *, directly: bool = False, headers: Mapping[str, str] | None = None
    ) -> int:
        """Send the form of the sign-in page; return the status."""
        self.request("GET", "/accounts/sign-in/", directly=directly)
        form = {"username": username, "password": password, "csrfmiddlewaretoken": self.cookies["csrftoken"]}
        return self.request("POST", "/accounts/sign-in/", form, directly=directly, headers=headers)[0].status

    def _connect(self, directly: bool) -> HTTPConnection:
        here = (self.address, 0)
        if directly:
            return HTTPConnection("127.0.0.1", self.servers.web_port, timeout=20, source_address=here)
        return HTTPSConnection(
            "127.0.0.1", self.servers.proxy_port, timeout=20, source_address=here, context=self.servers.trust
        )


@pytest.fixture(scope="session")
def servers(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Both servers, on the tests' own database."""
    folder = tmp_path_factory.mktemp("server")
    certificate = _certificate(folder)
    web_port, proxy_port = _free_port(), _free_port()
    documented = dict(re.findall(r"^export (\w+)=(\S+)$", GUIDE.partition("## Behind an HTTPS proxy")[2], re.MULTILINE))
    changes = {
        **documented,
        # To find out whether it is ready, it is asked by its address.
        "ALLOWED_HOSTS": f"{documented['ALLOWED_HOSTS']},127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        # As by default, unlike in the tests' own process.
        "DATABASE_POOL_SIZE": "",
        # Providers of tests.
        "STEMMA_PRIVATE_HOSTS": "127.0.0.1",
        "STATEMENT_TIMEOUT_SECONDS": STATEMENT_SECONDS,
        "ADMIN_STATEMENT_TIMEOUT_SECONDS": "",
        "STEMMA_VAR": str(folder / "var"),
        "SECURE_COOKIES": "true",
    }
    command = shlex.split(re.findall(r"^\.venv/bin/gunicorn (.+)$", GUIDE, re.MULTILINE)[0])
    command[command.index("--bind") + 1] = f"127.0.0.1:{web_port}"
    web = ("-m", "gunicorn", *command)
    proxy = (str(PROXY), str(proxy_port), str(web_port), str(certificate))
    with ExitStack() as stack:
        server = stack.enter_context(running("web server", web, log_folder=folder, environment=changes))
        stack.enter_context(running("proxy", proxy, log_folder=folder))
        server.await_ready(answers_http(web_port, "/accounts/sign-in/"), timeout_seconds=READY_SECONDS)
        yield Servers(web_port, server.process.pid, proxy_port, ssl.create_default_context(cafile=str(certificate)))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _certificate(folder: Path) -> Path:
    """A self-signed certificate of this machine, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path
