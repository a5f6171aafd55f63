"""Ids, times and file names as the provider mints them, all derived from a seed."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from enum import IntEnum

# Source: provider notes, Pixverse 4.4: an id is (Unix ms - this) << 11 | low bits.
ID_EPOCH_MS = 1_582_122_354_400

# The day a generated library ends on. Fixed, so that the same seed gives the same bytes on any day.
TODAY = datetime(2026, 7, 31, 12, 0, tzinfo=UTC)
TODAY_MS = int(TODAY.timestamp() * 1000)
DAY_MS = 86_400_000

# An odd multiplier has an inverse modulo 2^32, so a name can be led back to its item without an index of names.
_SPREAD = 2_654_435_761
_SPREAD_INVERSE: int = pow(_SPREAD, -1, 2**32)

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Role(IntEnum):
    """Which file of an item a uuid names."""

    MEDIA = 0
    FIRST_FRAME = 1
    LAST_FRAME = 2
    KEY_FRAME = 3
    MASK = 4
    CUT_FRAME = 5


def mint_id(at_ms: int, low_bits: int) -> int:
    """Make the id of something created at `at_ms` (Unix milliseconds). Source: provider notes, Pixverse 4.4."""
    return (at_ms - ID_EPOCH_MS) << 11 | (low_bits & 0x7FF)


def minted_at_ms(item_id: int) -> int:
    """Read the creation time (Unix milliseconds) back out of an id."""
    return (item_id >> 11) + ID_EPOCH_MS


def rfc3339(at_ms: int) -> str:
    """Write a time as the provider does: UTC, whole seconds, `Z`."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unix_seconds(written: str) -> int:
    """Read a time that `rfc3339` wrote."""
    return int(datetime.fromisoformat(written).timestamp())


class Names:
    """The uuids of one library: made from (seed, item number, role), and read back."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._mask = int.from_bytes(self._digest("mask", 4), "big")

    def uuid(self, index: int, role: Role) -> str:
        """Name one file of item number `index`; looks like any version 4 uuid."""
        number = index * 8 + role
        tail = (number * _SPREAD + self._mask) % 2**32
        raw = bytearray(self._digest(f"uuid:{number}", 12) + tail.to_bytes(4, "big"))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def locate(self, path: str) -> tuple[int, Role] | None:
        """Find which item and file a path names; None when this library never made such a name."""
        found = _UUID.search(path)
        if found is None:
            return None
        tail = int(found.group()[-8:], 16)
        index, role = divmod((tail - self._mask) * _SPREAD_INVERSE % 2**32, 8)
        if role >= len(Role) or self.uuid(index, Role(role)) != found.group():
            return None
        return index, Role(role)

    def number(self, purpose: str, bits: int) -> int:
        """A number of `bits` bits that depends on the seed and `purpose` alone."""
        return int.from_bytes(self._digest(purpose, 8), "big") & ((1 << bits) - 1)

    def _digest(self, purpose: str, size: int) -> bytes:
        return hashlib.blake2b(f"{self.seed}:{purpose}".encode(), digest_size=size).digest()
