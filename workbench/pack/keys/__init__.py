"""The keys that sign packs, and the ring of the public ones that are trusted, retired ones too."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp

import click

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.pack.keys.signing import ENDING, SERVICE, Signer, key_id_of, read_private, told_of, write_private
from workbench.settings import read_settings
from workbench.snapshot import canonical_json

FOLDER = "WORKBENCH_KEYS"
RING, FORMAT = "ring.json", 1


@dataclass(frozen=True)
class PublicKey:
    """A key that is trusted: its id (16 digits of its SHA-256), whose it is, and from when until when it signed.

    `public_key` is 32 bytes in hexadecimal; times are UTC text with seconds, `until` None for one that still signs.
    """

    key_id: str
    public_key: str
    name: str
    since: str
    until: str | None = None

    @property
    def words(self) -> str:
        """In one line."""
        until = f" until {self.until}" if self.until else ""
        return f"{self.key_id}  {self.name}, from {self.since}{until}"


def keys_folder() -> Path:
    """Where keys are: WORKBENCH_KEYS, else the folder for settings that this system gives its users."""
    given = os.environ.get(FOLDER)
    return Path(given).expanduser() if given else Path(click.get_app_dir(SERVICE)) / "keys"


def now() -> str:
    """This moment, UTC, as keys and packs write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_ring(folder: Path | None = None) -> dict[str, PublicKey]:
    """The trusted public keys by id, retired ones too; WorkbenchError for a ring that is none or of a later release."""
    file = (folder or keys_folder()) / RING
    if not file.is_file():
        return {}
    fix = "bring it back from a copy, or trust the keys again: workbench keys trust"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if told["format"] > FORMAT:
            raise WorkbenchError(f"'{file}' is of a later release (form {told['format']}).", "use that release")
        keys = [PublicKey(**entry) for entry in told["keys"]]
        wrong = [key.key_id for key in keys if key_id_of(key.public_key) != key.key_id]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkbenchError(f"'{file}' is no ring of keys: {error}.", fix) from error
    if wrong:
        raise WorkbenchError(f"The key {wrong[0]} in '{file}' is not the one that its id stands for.", fix)
    return {key.key_id: key for key in keys}


def write_ring(keys: dict[str, PublicKey], folder: Path | None = None) -> None:
    """Write the ring, whole or not at all."""
    place = folder or keys_folder()
    told = {"format": FORMAT, "keys": [asdict(keys[name]) for name in sorted(keys, key=lambda name: keys[name].since)]}
    with told_of(place):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, partial = mkstemp(prefix=".ring-", dir=place)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(canonical_json(told))
        Path(partial).replace(place / RING)


def trust(public: str, name: str, folder: Path | None = None) -> PublicKey:
    """Take somebody's public key (64 hexadecimal digits) into the ring; WorkbenchError where it is none."""
    plain = public.strip().lower()
    try:
        usable = len(bytes.fromhex(plain)) == 32
    except ValueError:
        usable = False
    if not usable:
        raise WorkbenchError("That is no public key.", "give the 64 digits that workbench keys show prints")
    ring = read_ring(folder)
    key = PublicKey(key_id_of(plain), plain, " ".join(name.split()), now())
    if key.key_id in ring:
        raise WorkbenchError(f"The key {key.key_id} is in the ring already.", "see it: workbench keys list")
    write_ring({**ring, key.key_id: key}, folder)
    return key


def make_key(name: str, folder: Path | None = None) -> PublicKey:
    """Make a key pair, encrypted where a passphrase is given; WorkbenchError where there is one that signs already."""
    place = folder or keys_folder()
    if active := list(_active(place)):
        raise WorkbenchError(
            f"The key {active[0].key_id} signs already.", "put a new one in its place: workbench keys rotate"
        )
    return _add(name, place)


def rotate_key(name: str = "", folder: Path | None = None) -> tuple[PublicKey, PublicKey]:
    """A new key in the place of the one that signs: (retired, new). What the retired one signed still verifies.

    Its private half is deleted. Raises WorkbenchError where there is none, and as read_private().
    """
    place = folder or keys_folder()
    active = list(_active(place))
    if not active:
        raise WorkbenchError("There is no key that signs.", "make one: workbench keys make")
    # Who can open the old one may retire it, and an encrypted one is not followed by one that is not.
    read_private(place / f"{active[-1].key_id}{ENDING}")
    added = _add(name or active[-1].name, place)
    retired = replace(active[-1], until=added.since)
    write_ring({**read_ring(place), retired.key_id: retired}, place)
    (place / f"{retired.key_id}{ENDING}").unlink()
    return retired, added


def _add(name: str, place: Path) -> PublicKey:
    public = write_private(place)
    key = PublicKey(key_id_of(public), public, " ".join(name.split()) or "unnamed", now())
    write_ring({**read_ring(place), key.key_id: key}, place)
    return key


def _active(place: Path) -> Iterator[PublicKey]:
    """Own keys that sign: their private half is here and nothing retired them, the oldest first."""
    for key in sorted(read_ring(place).values(), key=lambda key: key.since):
        if key.until is None and (place / f"{key.key_id}{ENDING}").is_file():
            yield key


def one_of(key_id: str, folder: Path | None = None) -> PublicKey:
    """A key of the ring by its id, or the one that signs for an empty one; an error where there is none."""
    place = folder or keys_folder()
    ring = read_ring(place)
    if key_id:
        if key_id not in ring:
            raise UnknownNameError("key in the ring", key_id, ring or ["none"])
        return ring[key_id]
    active = list(_active(place))
    if not active:
        raise WorkbenchError("There is no key that signs.", "make one: workbench keys make")
    return active[-1]


def open_signer(given: str = "", folder: Path | None = None) -> Signer | None:
    """The key that signs packs: the file or id given, else that of the settings (`key`), else the own one; or None.

    Raises WorkbenchError for a key that was retired, and as read_private().
    """
    place = folder or keys_folder()
    named = given or read_settings().key
    if not named:
        active = list(_active(place))
        if not active:
            return None
        named = active[-1].key_id
    own = place / f"{named}{ENDING}"
    file = own if own.is_file() else Path(named).expanduser()
    signer = read_private(file)
    known = read_ring(place).get(signer.key_id)
    if known and known.until and known.until <= now():
        raise WorkbenchError(
            f"The key {known.key_id} was retired on {known.until} and signs no more.", "sign with the newer one"
        )
    return signer
