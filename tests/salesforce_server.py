"""A Salesforce organisation of our own on loopback: the REST and SOAP calls that simple-salesforce makes, over TLS."""

from __future__ import annotations

import csv
import datetime as dt
import ipaddress
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SESSION = "00D000000000001!session-secret"
PAGE = 3
NUMBER = re.compile(r"-?[0-9]+\.[0-9]+(E[0-9]+)?")
SOQL = re.compile(r"SELECT (?P<columns>.+?) FROM (?P<name>\w+)(?P<rest>.*)")


@dataclass
class Organisation:
    """Objects by name, each a list of records, and what is to go wrong."""

    objects: dict[str, list[dict[str, Any]]]
    fails: str = ""
    after: int = 0
    references: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    asked: int = 0


def from_exports(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The objects that a folder of Data Loader's files was exported from, fields with their true values."""
    return {file.stem: [_record(file.stem, row) for row in _rows(file)] for file in sorted(folder.glob("*.csv"))}


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _record(name: str, row: dict[str, str]) -> dict[str, Any]:
    kind = {"type": name, "url": f"/services/data/v59.0/sobjects/{name}/{row['ID']}"}
    return {"attributes": kind} | {title: _value(text) for title, text in row.items()}


def _value(text: str) -> Any:
    if text == "" or text in {"true", "false"}:
        return {"": None, "true": True, "false": False}[text]
    if NUMBER.fullmatch(text):
        return _Raw(text)
    return text.replace(".000Z", ".000+0000") if re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.000Z", text) else text


@dataclass(frozen=True)
class _Raw:
    """A number that is written as it came."""

    text: str


def _json(value: Any) -> str:
    if isinstance(value, _Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return json.dumps(value)


class _Handler(BaseHTTPRequestHandler):
    organisation: Organisation
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return

    def _send(self, status: int, body: str, kind: str = "application/json;charset=UTF-8", *, cut: bool = False) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Sforce-Limit-Info", "api-usage=18/15000")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            self.close_connection = True

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._send(status, json.dumps([{"message": message, "errorCode": code}]))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "<n1:username>me@corp.example</n1:username>" in body and "hunter2-secretTOKEN-secret<" in body:
            host = self.headers["Host"]
            inner = f"<serverUrl>https://{host}/services/Soap/u/59.0</serverUrl><sessionId>{SESSION}</sessionId>"
            self._send(200, f"<r xmlns='urn:partner.soap.sforce.com'>{inner}</r>", "text/xml")
            return
        code = "<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>"
        said = "Invalid username, password, security token; or user locked out. hunter2-wrong"
        message = f"<sf:exceptionMessage>{escape(said)}</sf:exceptionMessage>"
        self._send(500, f"<f xmlns:sf='urn:fault.partner.soap.sforce.com'>{code}{message}</f>", "text/xml")

    def do_GET(self) -> None:
        organisation = self.organisation
        url = urlsplit(self.path)
        path = url.path.removeprefix("/services/data/v59.0/").rstrip("/")
        organisation.asked += 1
        if self.headers["Authorization"] != f"Bearer {SESSION}":
            self._refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")
        elif organisation.fails and organisation.asked > organisation.after:
            self._fail(organisation.fails)
        elif path == "sobjects":
            named = [{"name": name, "queryable": True} for name in organisation.objects]
            self._send(200, json.dumps({"encoding": "UTF-8", "sobjects": named}))
        elif path.startswith("sobjects/"):
            self._describe(path.split("/")[1])
        elif path in {"query", "queryAll"}:
            self._query(path, parse_qs(url.query)["q"][0])
        else:
            name, columns, start = path.split("/")[1].split("-")
            self._page(name, columns.split(","), int(start))

    def _fail(self, fails: str) -> None:
        match fails:
            case "expired":
                self._refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")
            case "limit":
                self._refuse(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            case "cut":
                self._send(200, json.dumps({"records": [], "done": True, "totalSize": 0}), cut=True)
            case "html":
                self._send(200, "<html><body>Maintenance</body></html>", "text/html")
            case "shape":
                self._send(200, json.dumps(["what"]))
            case _:
                self._send(503, "<html>Service Unavailable</html>", "text/html")

    def _describe(self, name: str) -> None:
        fields: list[dict[str, Any]] = []
        for title in dict.fromkeys(key for record in self.organisation.objects[name] for key in record):
            if isinstance(self.organisation.objects[name][0][title], dict):
                continue
            to = self.organisation.references.get(title)
            relation = title.removesuffix("__c") + "__r" if to else None
            fields.append({"name": title, "relationshipName": relation, "referenceTo": [to] if to else []})
        self._send(200, json.dumps({"name": name, "fields": fields}))

    def _query(self, path: str, query: str) -> None:
        self.organisation.seen.append(query)
        found = SOQL.fullmatch(query)
        if not found or path != "queryAll":
            self._refuse(400, "MALFORMED_QUERY", "unexpected token")
            return
        records = self.organisation.objects[found["name"]]
        columns = found["columns"].split(", ")
        if columns == ["COUNT()"]:
            self._send(200, json.dumps({"totalSize": len(records), "done": True, "records": []}))
            return
        known = {key.upper() for record in records for key in record}
        unknown = [each for each in columns if each.split(".")[0].upper() not in known]
        if unknown:
            self._refuse(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on entity '{found['name']}'.")
            return
        self._page(found["name"], columns, 0)

    def _page(self, name: str, columns: list[str], start: int) -> None:
        records = self.organisation.objects[name]
        wanted = {each.split(".")[0] for each in columns} | {"attributes"}
        page = [{key: value for key, value in each.items() if key in wanted} for each in records[start : start + PAGE]]
        body: dict[str, Any] = {"totalSize": len(records), "done": start + PAGE >= len(records), "records": page}
        if not body["done"]:
            body["nextRecordsUrl"] = f"/services/data/v59.0/query/{name}-{','.join(columns)}-{start + PAGE}"
        self._send(200, _json(body))


def certificate(folder: Path) -> Path:
    """A certificate for loopback, signed by itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    alternatives = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(alternatives, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return file


@contextmanager
def serving(organisation: Organisation, pem: Path) -> Iterator[str]:
    """Serve an organisation; gives its host and port."""
    handler = type("Handler", (_Handler,), {"organisation": organisation})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
