"""Account of the sandbox: sign-in and credits."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from enum import IntEnum
from typing import Any

import orjson

from providers.sandbox.library.identifiers import TODAY_MS, rfc3339
from providers.sandbox.wire import Refused, Request

TOKEN_SECONDS = 30 * 86_400
DEVICE_SECONDS = 900
CONCURRENT_JOBS = 5
OPENING_CREDITS = {"credit_daily": 60, "credit_monthly": 1200, "credit_package": 350}


class RecordType(IntEnum):
    """Kinds of credit records that the sandbox writes. Source: provider notes, Pixverse §2.7."""

    GENERATION = 1
    REFUND = 2
    RENEWAL = 3
    BONUS = 6
    GIFT = 7


_OPENING_TYPES = {
    "credit_daily": RecordType.BONUS,
    "credit_monthly": RecordType.RENEWAL,
    "credit_package": RecordType.GIFT,
}


class Account:
    """Credentials and credits. A new web login replaces the web token; access keys and device tokens remain valid.

    Source: provider notes, Pixverse §2.2 and §2.7.
    """

    def __init__(self, access_key: str | None = None) -> None:
        self.access_key = access_key or f"sandbox-{secrets.token_hex(16)}"
        self.username = "sandbox_user"
        self.password = secrets.token_urlsafe(9)
        self.credits = dict(OPENING_CREDITS)
        self._lock = threading.Lock()
        self._web_token = ""
        self._replaced: set[str] = set()
        self._device_tokens: set[str] = set()
        self._device_codes: dict[str, tuple[str, float, bool]] = {}
        self._records: list[dict[str, Any]] = []
        for kind, amount in OPENING_CREDITS.items():
            self._note(_OPENING_TYPES[kind], amount, TODAY_MS / 1000)

    @property
    def spendable(self) -> int:
        """Sum of all kinds of credits."""
        return sum(self.credits.values())

    def check(self, request: Request) -> None:
        """Check the credentials of a request.

        Raises:
            Refused: 10003 without credentials, 10005 for a replaced web token, 10001 for anything else.
        """
        key, token = request.headers.get("access-key", ""), request.headers.get("token", "")
        if not key and not token:
            raise Refused(10003)
        if secrets.compare_digest(key.encode(), self.access_key.encode()):
            return
        if token and (token == self._web_token or token in self._device_tokens):
            return
        raise Refused(10005 if token in self._replaced else 10001)

    def login(self, username: str, password: str) -> str:
        """Sign in with a password and return the new web token.

        Raises:
            Refused: 500200 for a wrong name or password.
        """
        if username != self.username or password != self.password:
            raise Refused(500200)
        with self._lock:
            if self._web_token:
                self._replaced.add(self._web_token)
            self._web_token = self._new_token()
            return self._web_token

    def start_device(self) -> tuple[str, str]:
        """Start a device sign-in; return the code for the device and the code for the user."""
        device_code, user_code = secrets.token_urlsafe(24), f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
        with self._lock:
            self._device_codes[device_code] = (user_code, time.monotonic(), False)
        return device_code, user_code

    def approve_device(self, user_code: str) -> bool:
        """Approve a device sign-in; return False for an unknown code."""
        with self._lock:
            for device_code, (code, started, _) in self._device_codes.items():
                if code == user_code:
                    self._device_codes[device_code] = (code, started, True)
                    return True
        return False

    def device_token(self, device_code: str) -> str:
        """Exchange a device code for a token.

        Raises:
            Refused: 10055 before the approval, 10056 for an expired or unknown code.
        """
        with self._lock:
            _, started, approved = self._device_codes.get(device_code, ("", -float("inf"), False))
            if time.monotonic() - started > DEVICE_SECONDS:
                raise Refused(10056)
            if not approved:
                raise Refused(10055)
            del self._device_codes[device_code]
            token = self._new_token()
            self._device_tokens.add(token)
            return token

    def charge(self, amount: int, at: float) -> dict[str, int]:
        """Deduct credits at a time in Unix seconds, those that expire first; return the deducted amounts by kind.

        Raises:
            Refused: 500043 when there are not enough.
        """
        with self._lock:
            if self.spendable < amount:
                raise Refused(500043)
            self._note(RecordType.GENERATION, -amount, at)
            taken = {}
            for kind in self.credits:
                taken[kind] = min(self.credits[kind], amount)
                self.credits[kind] -= taken[kind]
                amount -= taken[kind]
            return taken

    def refund(self, taken: dict[str, int], at: float) -> None:
        """Return deducted amounts to their kinds."""
        with self._lock:
            for kind, amount in taken.items():
                self.credits[kind] += amount
            self._note(RecordType.REFUND, sum(taken.values()), at)

    def records(self) -> list[dict[str, Any]]:
        """Return the credit records, newest first; together they give the balance."""
        with self._lock:
            return self._records[::-1]

    def _note(self, kind: RecordType, amount: int, at: float) -> None:
        number = len(self._records) + 1
        created_at = rfc3339(int(at * 1000))
        self._records.append({"id": number, "type": int(kind), "credits": amount, "created_at": created_at})

    def _new_token(self) -> str:
        claims = {"Username": self.username, "ExpireTime": int(time.time()) + TOKEN_SECONDS, "Sandbox": True}
        parts = [orjson.dumps({"alg": "none", "typ": "JWT"}), orjson.dumps(claims), secrets.token_bytes(24)]
        return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
