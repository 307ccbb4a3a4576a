"""bank_rules.yml, a file of one's own: whose an account is, which movements are receipts, and who paid them.

Its form is in docs/sources/bank.md. It becomes a small table: one row for each account, customer and kind of receipt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import duckdb
import yaml

from workbench.errors import WorkbenchError
from workbench.sources.readers import Record
from workbench.sources.readers.statements import Rows

MAIN = "bank_rules"
MOST_BYTES = 1 << 20
DEEPEST = 8
TOP = re.compile(rb"(?m)^bank_rules\s*:")
RECEIPT = frozenset({"method", "accounts", "codes", "text", "not_text", "customer"})
PARTS = ("accounts", "customers", "receipts")


def fits(head: bytes) -> bool:
    """Whether a document that begins like this is a file of rules."""
    return TOP.search(head.removeprefix(b"\xef\xbb\xbf")) is not None and b"<" not in head[:1]


def read(stream: BinaryIO, name: str) -> Iterator[Record]:
    """A row for each account, customer and kind of receipt; raises WorkbenchError where the file is no such table."""
    rules = _rules(stream.read(MOST_BYTES + 1), name)
    rows = Rows()
    for kind, column in (("accounts", "entity"), ("customers", "customer")):
        for account, value in _items(rules.get(kind, {}), name, kind):
            yield rows.add(MAIN, {"kind": kind, "account": _tight(account), column: value})
    receipts = rules.get("receipts") or []
    if not isinstance(receipts, list):
        raise _wrong(name, "receipts are no list")
    with duckdb.connect() as database:
        for place, given in enumerate(receipts, 1):
            try:
                yield rows.add(MAIN, {"kind": "receipts", "place": f"{place:04}", **_receipt(given, database)})
            except ValueError as error:
                yield rows.broken(MAIN, f"receipt {place} {error}", str(given))


def _wrong(name: str, problem: str) -> WorkbenchError:
    return WorkbenchError(f"{name}: {problem}.", "write it as docs/sources/bank.md shows")


def _rules(content: bytes, name: str) -> dict[str, Any]:
    if len(content) > MOST_BYTES:
        raise _wrong(name, "it is larger than 1 MB")
    try:
        text = content.decode("utf-8-sig")
        _is_plain(text, name)
        # Every value stays the text it is: 0975312468 is an account, not a number.
        rules = yaml.load(text, yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise _wrong(name, f"it is no YAML, {str(error).splitlines()[0][:120]}") from error
    found = rules.get("bank_rules") if isinstance(rules, dict) else None
    if not isinstance(found, dict) or not found.keys() <= set(PARTS):
        raise _wrong(name, f"bank_rules does not hold {', '.join(PARTS)} alone")
    return found


def _is_plain(text: str, name: str) -> None:
    """Raises WorkbenchError for what makes much of little: references and deep nesting."""
    depth = 0
    for event in yaml.parse(text, yaml.BaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST or isinstance(event, yaml.AliasEvent):
            raise _wrong(name, "it refers to itself (&, *) or is nested deeply")


def _items(given: object, name: str, kind: str) -> list[tuple[str, str]]:
    given = given or {}
    if not isinstance(given, dict) or not all(isinstance(value, str) and value for value in given.values()):
        raise _wrong(name, f"{kind} are not written as ACCOUNT: NAME")
    return [(str(key), value) for key, value in given.items()]


def _receipt(given: object, database: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """One kind of receipt; its conditions as regular expressions. Raises ValueError for what cannot be one."""
    if not isinstance(given, dict) or not given.keys() <= RECEIPT:
        raise ValueError(f"knows no more than {', '.join(sorted(RECEIPT))}")
    made = {
        "method": _texts(given, "method")[0] if given.get("method") else "",
        "accounts": _any(given, "accounts", lambda text: re.escape(_tight(text)), "^(?:{})$"),
        "codes": _any(given, "codes", re.escape, "(?:^|[ +])(?:{})(?:$|[^0-9A-Za-z])"),
        "texts": _any(given, "text", _pattern, "(?is)(?:{})"),
        "not_texts": _any(given, "not_text", _pattern, "(?is)(?:{})"),
        "pattern": _texts(given, "customer")[0] if given.get("customer") else "",
    }
    for expression in made.values():
        _works(expression, database)
    if made["pattern"] and not re.search(r"(?<!\\)\((?!\?)", made["pattern"]):
        raise ValueError("has a customer without brackets around the customer's number")
    return made


def _any(given: dict[str, Any], name: str, escaped: Callable[[str], str], form: str) -> str:
    texts = _texts(given, name)
    return form.format("|".join(map(escaped, texts))) if texts else ""


def _texts(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name) or []
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(f"has a {name} that is neither a text nor a list of texts")
    return texts


def _pattern(text: str) -> str:
    return ".*".join(map(re.escape, text.split("*")))


def _works(expression: str, database: duckdb.DuckDBPyConnection) -> None:
    """Raises ValueError where the engine that will use an expression cannot."""
    try:
        database.execute("select regexp_matches('', $expression)", {"expression": expression}).fetchall()
    except duckdb.Error as error:
        raise ValueError(f"has an expression that cannot be used, '{expression[:60]}'") from error


def _tight(account: str) -> str:
    return re.sub(r"\s", "", account).upper()
