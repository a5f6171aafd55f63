"""Memory of other processes."""

from __future__ import annotations

from pathlib import Path

MEBIBYTE = 1024 * 1024


def children_of(pid: int) -> list[int]:
    """Return the process IDs of the children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def forget_peak(pid: int) -> None:
    """Let the peak begin anew. Source: proc(5), clear_refs."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_bytes(pid: int) -> int:
    """Return the most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
