"""IDs, times and file names in the provider's format, all derived from a seed."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from enum import IntEnum

# An ID is (Unix ms - this) << 11 | low bits. Source: provider notes, Pixverse §4.4.
ID_EPOCH_MS = 1_582_122_354_400

# Date of the newest item of a generated library. Fixed, so that the same seed gives the same bytes on any day.
TODAY = datetime(2026, 7, 31, 12, 0, tzinfo=UTC)
TODAY_MS = int(TODAY.timestamp() * 1000)
DAY_MS = 86_400_000

# An odd multiplier has an inverse modulo 2^32, so an item can be found from a name without an index of names.
_SPREAD = 2_654_435_761
_SPREAD_INVERSE: int = pow(_SPREAD, -1, 2**32)

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Role(IntEnum):
    """File of an item that a UUID names."""

    MEDIA = 0
    FIRST_FRAME = 1
    LAST_FRAME = 2
    KEY_FRAME = 3
    MASK = 4
    CUT_FRAME = 5


def mint_id(at_ms: int, low_bits: int) -> int:
    """Return an ID for an item created at `at_ms` (Unix milliseconds). Source: provider notes, Pixverse §4.4."""
    return (at_ms - ID_EPOCH_MS) << 11 | (low_bits & 0x7FF)


def minted_at_ms(item_id: int) -> int:
    """Return the creation time (Unix milliseconds) contained in an ID."""
    return (item_id >> 11) + ID_EPOCH_MS


def rfc3339(at_ms: int) -> str:
    """Format a time in the provider's format: UTC, whole seconds, `Z`."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unix_seconds(written: str) -> int:
    """Parse a time in the format of `rfc3339`."""
    return int(datetime.fromisoformat(written).timestamp())


class Names:
    """UUIDs of one library: generated from (seed, item number, role), and decoded."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._mask = int.from_bytes(self._digest("mask", 4), "big")

    def uuid(self, index: int, role: Role) -> str:
        """Return the UUID of one file of item number `index`; it has the form of version 4."""
        number = index * 8 + role
        tail = (number * _SPREAD + self._mask) % 2**32
        raw = bytearray(self._digest(f"uuid:{number}", 12) + tail.to_bytes(4, "big"))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def locate(self, path: str) -> tuple[int, Role] | None:
        """Return the item and file that a path names; None when the name is not from this library."""
        found = _UUID.search(path)
        if found is None:
            return None
        tail = int(found.group()[-8:], 16)
        index, role = divmod((tail - self._mask) * _SPREAD_INVERSE % 2**32, 8)
        if role >= len(Role) or self.uuid(index, Role(role)) != found.group():
            return None
        return index, Role(role)

    def number(self, purpose: str, bits: int) -> int:
        """Return a number of `bits` bits that depends only on the seed and `purpose`."""
        return int.from_bytes(self._digest(purpose, 8), "big") & ((1 << bits) - 1)

    def _digest(self, purpose: str, size: int) -> bytes:
        return hashlib.blake2b(f"{self.seed}:{purpose}".encode(), digest_size=size).digest()
