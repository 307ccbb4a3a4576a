"""The private half of a key: how it is kept, and how it signs the manifest of a pack."""

from __future__ import annotations

import hashlib
import importlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from workbench.errors import WorkbenchError
from workbench.pack.verify_standalone import canonical

PASSPHRASE = "WORKBENCH_KEY_PASSPHRASE"  # noqa: S105 - the variable's name
SERVICE, ENDING = "billing-workbench", ".key"


@dataclass(frozen=True)
class Signer:
    """A private key at work; it is shown nowhere."""

    key_id: str
    public_key: str
    _secret: bytes = field(repr=False)

    def signature_of(self, manifest: bytes) -> bytes:
        """What manifest.sig holds for these bytes of a manifest."""
        signature = Ed25519PrivateKey.from_private_bytes(self._secret).sign(manifest).hex()
        told = {"algorithm": "Ed25519", "key_id": self.key_id, "public_key": self.public_key, "signature": signature}
        return canonical(told)


def key_id_of(public: str) -> str:
    """The id of a public key in hexadecimal: 16 digits of the SHA-256 of its bytes."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def write_private(place: Path) -> str:
    """Make a key pair in a folder, KEYID.key for its owner alone; the public half in hexadecimal.

    The file is encrypted where a passphrase is given.
    """
    secret = Ed25519PrivateKey.generate()
    public = secret.public_key().public_bytes_raw().hex()
    words = _passphrase(key_id_of(public))
    how: KeySerializationEncryption = BestAvailableEncryption(words) if words else NoEncryption()
    with told_of(place):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(place / f"{key_id_of(public)}{ENDING}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))
    return public


def read_private(file: Path) -> Signer:
    """The key in a file.

    Raises WorkbenchError for a file that is no Ed25519 key, that others may read, or whose passphrase does not fit.
    """
    with told_of(file):
        mode, content = file.stat().st_mode, file.read_bytes()
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise WorkbenchError(
            f"The private key '{file}' can be read by others.", f"take it for yourself: chmod 600 {file}"
        )
    try:
        encrypted = b"ENCRYPTED" in content
        key = load_pem_private_key(content, _passphrase(file.stem) if encrypted else None)
    except TypeError as error:
        raise WorkbenchError(f"The key '{file}' has a passphrase.", f"give it in {PASSPHRASE}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        why = "its passphrase is another one" if encrypted else "it is no private key"
        raise WorkbenchError(
            f"The key '{file}' does not fit: {why}.", f"look at the file and at {PASSPHRASE}"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise WorkbenchError(f"The key '{file}' is no Ed25519 key.", "make one: workbench keys make")
    public = key.public_key().public_bytes_raw().hex()
    return Signer(key_id_of(public), public, key.private_bytes_raw())


def _passphrase(key_id: str) -> bytes | None:
    """The passphrase of a key, from the environment, else from the system's keyring where its package is installed."""
    words = os.environ.get(PASSPHRASE)
    if words is None and find_spec("keyring"):
        words = importlib.import_module("keyring").get_password(SERVICE, key_id)
    return words.encode() if words else None


@contextmanager
def told_of(place: Path) -> Iterator[None]:
    """Turn what the disk says of a place into one sentence."""
    try:
        yield
    except OSError as error:
        raise WorkbenchError(
            f"'{place}' cannot be used for keys: {error.strerror}.", "look at the place and its rights"
        ) from error
