"""Keep the rules of a minified style sheet for elements and for the named classes: stdin to stdout."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator


def blocks(css: str) -> Iterator[tuple[str, str]]:
    """Yield the head and body of each top-level block: a rule, or an at-rule with rules inside."""
    start = 0
    while (opened := css.find("{", start)) >= 0:
        depth, end = 1, opened + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield css[start:opened], css[opened + 1 : end - 1]
        start = end


def kept(css: str, classes: set[str]) -> str:
    """Return the rules whose selectors have no class outside `classes`, one per line; other at-rules are dropped."""
    lines = []
    for head, body in blocks(css):
        if head.startswith("@media"):
            if inner := kept(body, classes):
                lines.append(f"{head}{{\n{inner}\n}}")
        elif not head.startswith("@"):
            selectors = [one for one in selectors_of(head) if classes_of(one) <= classes]
            if selectors:
                lines.append(f"{','.join(selectors)}{{{body}}}")
    return "\n".join(lines)


def selectors_of(head: str) -> list[str]:
    """Split a selector list at the commas outside of parentheses; themes by attribute are left out."""
    return [one for one in re.split(r",(?![^(]*\))", head) if "[data-bs-theme" not in one]


def classes_of(selector: str) -> set[str]:
    """Return the classes that an element must have to match."""
    return set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", re.sub(r":not\([^()]*\)", "", selector)))


if __name__ == "__main__":
    source = sys.stdin.read()
    notice = re.search(r"/\*!.*?\*/", source, re.S)
    rules = re.sub(r'@charset "UTF-8";|/\*.*?\*/', "", source, flags=re.S)
    sys.stdout.write(f"{notice[0] if notice else ''}\n{kept(rules, set(sys.argv[1:]))}\n")
