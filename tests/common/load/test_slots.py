"""Tests of slots."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from common.errors import Busy
from common.load import slots as module
from common.load.slots import Slots

MESSAGE = "All are taken."


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)


class TestSlots:
    def test_are_limited_for_all(self) -> None:
        slots = Slots(2, 2, message=MESSAGE)

        with slots.held("alice"), slots.held("bob"), pytest.raises(Busy, match=MESSAGE), slots.held("carol"):
            pass

    def test_are_limited_for_each(self) -> None:
        slots = Slots(3, 2, message=MESSAGE)

        with slots.held("alice"), slots.held("alice"):
            with pytest.raises(Busy), slots.held("alice"):
                pass
            with slots.held("bob"):
                pass

    def test_are_free_again_after_an_error(self) -> None:
        slots = Slots(1, 1, message=MESSAGE)
        with pytest.raises(ValueError, match="wrong"), slots.held("alice"):
            raise ValueError("wrong")

        with slots.held("alice"):
            pass

    def test_are_waited_for_by_one_at_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "PATIENCE_SECONDS", 30)
        slots = Slots(1, 1, message=MESSAGE)
        got = threading.Event()

        def wait() -> None:
            with slots.held("bob"):
                got.set()

        with ExitStack() as stack:
            stack.enter_context(slots.held("alice"))
            waiting = threading.Thread(target=wait)
            waiting.start()
            while not slots._is_waited_for:
                got.wait(0.01)
            with pytest.raises(Busy), slots.held("carol"):
                pass
            assert not got.is_set()
        waiting.join()

        assert got.is_set()
