"""Faults of the sandbox: each has a name and a count, and optionally a path and a probability."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from providers.sandbox.wire import Request

_COUNTS = ("times", "after")


class Faults:
    """Enabled faults.

    Args:
        known: the names of all faults.
        faults: the faults to enable, in the form that `add` accepts.
        seed: seed of the random numbers for `probability`.
    """

    def __init__(self, known: Collection[str], faults: Iterable[str | dict[str, Any]] = (), seed: int = 0) -> None:
        self._known = known
        self._lock = threading.Lock()
        self._random = Random(seed)
        self._faults: list[Fault] = []
        for fault in faults:
            self.add(fault)

    def add(self, described: str | dict[str, Any]) -> Fault:
        """Enable a fault, from `{"name": …, …}` or the command line's `name:key=value,key=value`.

        Raises:
            ValueError: there is no such fault, or a count is not a number.
        """
        options = parse(described) if isinstance(described, str) else dict(described)
        name = str(options.pop("name", ""))
        if name not in self._known:
            raise ValueError(f"There is no fault {name!r}. Available: {', '.join(sorted(self._known))}.")
        counts = {key: int(options.pop(key)) for key in _COUNTS if options.get(key) is not None}
        for key in _COUNTS:
            options.pop(key, None)
        fault = Fault(
            name,
            probability=float(options.pop("probability", 1.0)),
            path=str(options.pop("path", DEFAULT_PATHS.get(name, API_PREFIX))),
            options=options,
            **counts,
        )
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self, name: str | None = None) -> None:
        """Disable all faults, or those of one name."""
        with self._lock:
            self._faults = [fault for fault in self._faults if name is not None and fault.name != name]

    def as_list(self) -> list[dict[str, Any]]:
        """Return the enabled faults, each with the number of affected requests."""
        with self._lock:
            return [fault.as_dict() for fault in self._faults]

    def active(self, request: Request) -> list[Fault]:
        """Return the faults that apply to this request, and count it for each."""
        with self._lock:
            return [fault for fault in self._faults if self._applies(fault, request)]

    def _applies(self, fault: Fault, request: Request) -> bool:
        if request.path.startswith("/_sandbox") or fault.path not in request.path:
            return False
        if fault.name in LATER_PAGES and not request.json.get("offset"):
            return False
        if "tab" in fault.options and request.json.get("tab") != fault.options["tab"]:
            return False
        if fault.times is not None and fault.struck >= fault.times:
            return False
        if fault.after > 0:
            fault.after -= 1
            return False
        if self._random.random() >= fault.probability:
            return False
        fault.struck += 1
        return True


def parse(described: str) -> dict[str, Any]:
    """Parse `name:key=value,key=value` into a description; numeric values become numbers."""
    name, _, rest = described.partition(":")
    options: dict[str, Any] = {"name": name}
    for pair in filter(None, rest.split(",")):
        key, _, value = pair.partition("=")
        options[key] = _number(value)
    return options


def _number(value: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


API_PREFIX = "/creative_platform/"


@dataclass(slots=True)
class Fault:
    """One enabled fault.

    It applies to requests whose path contains `path` (by default the provider's whole API), after the first `after` of
    them, at most `times` times (None: until removed), each with `probability`. `options` are specific to the fault.
    """

    name: str
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    path: str = API_PREFIX
    options: dict[str, Any] = field(default_factory=dict)
    struck: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the fault in the form of the control endpoint."""
        return {
            "name": self.name,
            "times": self.times,
            "after": self.after,
            "probability": self.probability,
            "path": self.path,
            **self.options,
            "struck": self.struck,
        }


_LISTS = "/list"


DEFAULT_PATHS = {
    **dict.fromkeys(("growing", "default_window", "malformed_item", "stalled_cursor"), _LISTS),
    **dict.fromkeys(("repeat_page", "empty_page", "resp_null", "resp_wrong"), _LISTS),
    "alternate_keys": "/image/list/personal",
}


LATER_PAGES = {"stalled_cursor", "growing"}
