"""Read a Salesforce organisation by its API: each object by SOQL, page by page, only fields that it has."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.parsers.expat import ExpatError

from workbench.errors import WorkbenchError
from workbench.sources.accept import Tie
from workbench.sources.database import as_text
from workbench.sources.files import SourceFile
from workbench.sources.staging import HAS_NUL, NO_TEXT, Stage, Staged, staged_rows

SCHEME = "salesforce"
ENVIRONMENT = "WORKBENCH_SALESFORCE_"
SHOWN = 10_000
# Seconds to connect, and between two pieces of an answer.
PATIENCE = (30, 300)
LOGIN = (
    "set WORKBENCH_SALESFORCE_SESSION to a session id, or WORKBENCH_SALESFORCE_USERNAME, "
    "WORKBENCH_SALESFORCE_PASSWORD and WORKBENCH_SALESFORCE_TOKEN"
)
FIXES = {
    "INVALID_SESSION_ID": "log in again and set WORKBENCH_SALESFORCE_SESSION anew, or let it log in by name",
    "REQUEST_LIMIT_EXCEEDED": "wait until requests are free again (Setup, System Overview), or export by Data Loader",
    "API_DISABLED_FOR_ORG": "ask for the permission API Enabled, or export by Data Loader",
}
QUERY = re.compile(
    r"\s*select\s+(?P<columns>.+?)\s+from\s+(?P<rest>.+?)(?P<order>\s+order\s+by\s.+)?\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)


def is_address(address: str) -> bool:
    """Whether an address is that of a Salesforce organisation."""
    return urlsplit(address).scheme == SCHEME


@dataclass(frozen=True)
class Organisation:
    """An organisation that is logged in to. `name` is its address, `label` is short, for the lineage of rows."""

    client: Any
    name: str
    label: str
    secrets: tuple[str, ...]
    _objects: dict[str, str] = field(default_factory=dict)

    def columns(self, table: str) -> list[str]:
        """The fields of an object, and the names of the custom records it refers to; empty where there is none."""
        with self._told(table):
            if not self._objects:
                found = self.client.describe()["sobjects"]
                self._objects.update({each["name"].lower(): each["name"] for each in found if each["queryable"]})
            if table.lower() not in self._objects:
                return []
            described = self.client.restful(f"sobjects/{self._objects[table.lower()]}/describe")["fields"]
            names = [each["name"] for each in described]
            return names + [
                f"{each['relationshipName']}.Name"
                for each in described
                if each.get("relationshipName") and [str(to)[-3:].lower() for to in each["referenceTo"]] == ["__c"]
            ]

    def select(self, table: str, columns: Sequence[str]) -> str:
        """The SOQL for fields of an object, in the order of its ids."""
        return f"SELECT {', '.join(columns)} FROM {self._objects[table.lower()]} ORDER BY Id"

    def add(self, stage: Stage, name: str, query: str) -> tuple[Staged, list[Tie]]:
        """Stage the records of a query, deleted ones too, and set beside them what the organisation counts itself.

        Raises WorkbenchError where the query fails, the session ends or the connection is lost.
        """
        parts = QUERY.fullmatch(query)
        if not parts:
            raise WorkbenchError(f"The query for {name} is no SELECT ... FROM ....", "write it in SOQL")
        header = tuple(column.strip() for column in parts["columns"].split(","))
        source = SourceFile(Path(self.label), f"{self.label}:{name}")
        query = query.strip().removesuffix(";")
        with self._told(name):
            count = self.client.query(f"SELECT COUNT() FROM {parts['rest']}", include_deleted=True)
            whole = int(count["totalSize"])
            records = self.client.query_all_iter(query, include_deleted=True)
            rows = self._rows(stage, name, header, records, whole)
            staged = staged_rows(stage, source, header, rows, query=query, database=self.name)
        title = f"what {self.label} counts itself"
        return staged, [
            Tie(title, name, "SELECT COUNT()", "", str(whole), str(staged.records), whole == staged.records)
        ]

    def _rows(
        self, stage: Stage, name: str, header: Sequence[str], records: Iterator[Any], whole: int
    ) -> Iterator[tuple[list[str] | None, str]]:
        paths = [column.lower().split(".") for column in header]
        done = 0
        for done, record in enumerate(records, 1):
            texts = [as_text(_value(record, path)) for path in paths]
            yield _checked(texts)
            if done % SHOWN == 0:
                stage.progress(f"reading {name}", done, max(done, whole))
        stage.progress(f"reading {name}", done, max(done, whole))

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        with _errors(f"{self.name} stopped while {name} was read", self.secrets):
            yield


def _value(record: Any, path: Sequence[str]) -> Any:
    """A field of a record, names compared without case; nothing where a record it leads through is nothing."""
    for name in path:
        if not isinstance(record, Mapping):
            return None
        record = next((value for key, value in record.items() if key.lower() == name), None)
    return record


def _checked(texts: list[str]) -> tuple[list[str] | None, str]:
    try:
        whole = "".join(texts)
        whole.encode()
    except UnicodeEncodeError:
        return None, NO_TEXT
    return texts, HAS_NUL if "\0" in whole else ""


@contextmanager
def opened(address: str) -> Iterator[Organisation]:
    """An organisation by its address, salesforce://user@my.salesforce.com.

    It is logged in to by environment variables: WORKBENCH_SALESFORCE_SESSION, or _USERNAME (unless the address has
    it), _PASSWORD and _TOKEN. Raises WorkbenchError where one is missing, the login is refused or nobody answers.
    """
    try:
        import requests
        from simple_salesforce.api import Salesforce
        from simple_salesforce.login import SalesforceLogin
    except ModuleNotFoundError as error:
        raise WorkbenchError(
            "simple-salesforce is not installed.", "pip install 'billing-workbench[databases]'"
        ) from error
    url = urlsplit(address)
    host = url.netloc.rpartition("@")[2]
    if not host or url.password is not None:
        raise WorkbenchError(
            "An address of Salesforce names no host, or a password that others could read.",
            f"write it as salesforce://user@my.salesforce.com; {LOGIN}",
        )
    user = unquote(url.username or "") or os.environ.get(f"{ENVIRONMENT}USERNAME", "")
    session_id, password, token = (
        os.environ.get(f"{ENVIRONMENT}{name}", "") for name in ("SESSION", "PASSWORD", "TOKEN")
    )
    if not (session_id or (user and password)):
        raise WorkbenchError(f"There is no login for {host}.", LOGIN)
    name = f"{SCHEME}://{user}@{host}" if user else f"{SCHEME}://{host}"
    with requests.Session() as session:
        session.mount("https://", _patient())
        with _errors(f"{name} cannot be opened", (password, token, session_id)):
            instance = host
            if not session_id:
                session_id, instance = SalesforceLogin(
                    user, password, token, scratch_url=f"https://{host}", session=session
                )
            client = Salesforce(session_id=session_id, instance=instance, session=session, parse_float=Decimal)
        yield Organisation(client, name, host.split(".")[0].split(":")[0], (password, token, session_id))


def _patient() -> Any:
    """What sends requests, and does not wait for ever."""
    from requests.adapters import HTTPAdapter

    class Patient(HTTPAdapter):
        def send(self, request: Any, *args: Any, **options: Any) -> Any:
            return super().send(request, *args, **{**options, "timeout": options.get("timeout") or PATIENCE})

    return Patient()


@contextmanager
def _errors(what: str, secrets: Sequence[str]) -> Iterator[None]:
    """Turn whatever the client raises into one sentence without a secret."""
    from requests import RequestException
    from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError

    fix = "look at the address, the user and the network"
    try:
        yield
    except SalesforceAuthenticationFailed as error:
        raise WorkbenchError(f"{what}: {_said(f'{error.code} {error.auth_message}', secrets)}.", LOGIN) from None
    except SalesforceError as error:
        code, message = _refusal(error.content)
        said = _said(f"{code} {message}".strip() or f"HTTP {error.status}", secrets)
        raise WorkbenchError(f"{what}: {said}.", FIXES.get(code, "look at the user's rights and the query")) from None
    except RequestException as error:
        raise WorkbenchError(f"{what}: {_lost(error)}.", fix) from None
    except (KeyError, TypeError, AttributeError, ValueError, ExpatError, RecursionError) as error:
        said = f"its answer is none of Salesforce's API ({type(error).__name__})"
        raise WorkbenchError(f"{what}: {said}.", fix) from None


def _refusal(content: Any) -> tuple[str, str]:
    """The error code and message of an answer, which is a list of them; empty where it is something else."""
    first = content[0] if isinstance(content, list) and content else content
    if isinstance(first, Mapping):
        return str(first.get("errorCode", "")), str(first.get("message", ""))
    return "", str(first)[:100] if isinstance(first, str) else ""


def _lost(error: Exception) -> str:
    from requests.exceptions import JSONDecodeError, SSLError, Timeout

    if isinstance(error, SSLError):
        return "its certificate is not trusted"
    if isinstance(error, Timeout):
        return "it did not answer in time"
    return "its answer broke off" if isinstance(error, JSONDecodeError) else "the connection was lost"


def _said(text: str, secrets: Sequence[str]) -> str:
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return " ".join(text.split())[:200].rstrip(".")
