"""Tests that any JSON text becomes values that are stored and read again equal."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.json_parsing import DEPTH_MAX, TOO_DEEP, parse_json
from common.json_storage import from_jsonb, to_jsonb

SETTINGS = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# JSON text as servers send it: not only what a serializer of ours would write.
NUMBERS = st.one_of(
    st.integers().map(str),
    st.integers(min_value=-(2**70), max_value=2**70).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?", fullmatch=True),
    st.integers(min_value=1, max_value=6_000).map(lambda length: "9" * length),
    st.sampled_from(["1e999", "-1e999", "1e-999", "-0", "-0.0", "9007199254740993", "18446744073709551616", "NaN",
                     "-Infinity", "1e16", "1e22", "123456789012345678.5", "1.7976931348623157e308", "5e-324"]),
)  # fmt: skip
STRINGS = st.one_of(
    st.text(max_size=8).map(json.dumps),
    st.text(max_size=8).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from([r'"\ud800"', r'"\udc00x\ud83d"', r'"a\u0000b"', '"\x01\n\t"', r'"\ud83d\ude00"', r'"\\u0000"']),
)


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return texts of lists, of objects, which may have a key twice, and of deep nesting."""
    pair = st.tuples(STRINGS | st.just('"same"'), inner).map(":".join)
    deep = st.tuples(st.integers(min_value=1, max_value=3_000), inner, st.booleans())
    return (
        st.lists(inner, max_size=4).map(lambda texts: f"[{', '.join(texts)}]")
        | st.lists(pair, max_size=4).map(lambda pairs: f"{{{' , '.join(pairs)}}}")
        | deep.map(lambda it: ("[" if it[2] else '{"a":') * it[0] + it[1] + ("]" if it[2] else "}") * it[0])
    )


TEXTS = st.recursive(NUMBERS | STRINGS | st.sampled_from(["null", "true", "false"]), containers, max_leaves=12)


def stored(text: str) -> str:
    """Return the text of a value after PostgreSQL has stored it in a jsonb column."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text", [text])
        (kept,) = cursor.fetchone()
    return str(kept)


@pytest.mark.django_db
class TestStoring:
    @given(TEXTS)
    @SETTINGS
    def test_any_json_text_is_read_again_as_it_was_stored(self, text: str) -> None:
        parsed = parse_json(text.encode("utf-8", "surrogatepass"))

        value, to_store = to_jsonb(parsed)

        kept = stored(to_store)
        assert from_jsonb(kept) == value
        assert json.loads(kept) == value  # Django's own fields are read by this one.
        assert to_jsonb(value) == (value, to_store)
        assert parse_json(kept.encode()) == value

    @given(st.binary(max_size=40) | TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")[:-1]))
    @SETTINGS
    def test_any_bytes_are_json_or_a_value_error(self, body: bytes) -> None:
        try:
            value = parse_json(body)
        except ValueError:
            return
        kept, text = to_jsonb(value)
        assert from_jsonb(stored(text)) == kept

    def test_a_number_that_was_stored_by_other_means_is_read(self) -> None:
        assert from_jsonb(stored(f'{{"duration": {"9" * 400}, "id": 7}}')) == {"duration": "9" * 400, "id": 7}


class TestParseJson:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("15", 15),
            ("18446744073709551615", 2**64 - 1),
            ("-9223372036854775808", -(2**63)),
            ("18446744073709551616", "18446744073709551616"),
            ("-9223372036854775809", "-9223372036854775809"),
            ("9" * 5_000, "9" * 5_000),
            ("1e999", "1e999"),
            ("1e25", "1e25"),
            ("1e3", 1000.0),
            ("9007199254740994.0", 9007199254740994),
            ("0.1", 0.1),
            ("NaN", None),
            ("-Infinity", None),
            (r'"a\u0000b\ud800c"', "abc"),
            ('"a\nb"', "a\nb"),
            ('{"a": 1, "a": 2}', {"a": 2}),
            (r'{"a\u0000": 12345678901234567890123}', {"a": "12345678901234567890123"}),
        ],
    )
    def test_follows_the_rules(self, text: str, value: Any) -> None:
        assert parse_json(text.encode()) == value
        assert type(parse_json(text.encode())) is type(value)

    def test_replaces_bytes_that_are_no_text(self) -> None:
        assert parse_json(b'{"prompt": "caf\xe9", "id": 7}') == {"prompt": "caf\ufffd", "id": 7}

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    def test_reads_other_encodings(self, encoding: str) -> None:
        assert parse_json('{"prompt": "café"}'.encode(encoding)) == {"prompt": "café"}

    def test_cuts_what_is_nested_too_deeply_and_keeps_the_rest(self) -> None:
        deep = '{"[": "]", "b": ' * 5_000 + "1" + "}" * 5_000

        first, second, last = parse_json(f'[{deep}, {deep}, "\\"]["]'.encode())

        assert (first, last) == (second, '"][')
        for _ in range(DEPTH_MAX - 1):
            first = first["b"]
        assert first == TOO_DEEP

    @pytest.mark.parametrize(
        "text",
        ["", "{", "[1", '"', '"\\', "nul", "1 2", "<html>", "[" * 100_000, '"\\"' * 100_000, "[" * 5_000 + "}" * 5_000],
    )
    def test_raises_value_error_for_anything_else(self, text: str) -> None:
        with pytest.raises(ValueError, match=re.compile(".")):
            parse_json(text.encode())
