"""Signatures: only the owner's key signs, whose key it is can be told, and what was signed cannot be changed."""

from __future__ import annotations

import json
import random
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.byte_changes import flips, unseen_in_folder, unseen_in_zip
from tests.small_pack import audit_of, make_small
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.pack import verify, verify_standalone
from workbench.pack.earlier import next_version, zip_of
from workbench.pack.keys import FOLDER, PublicKey, keys_folder, make_key, open_signer, read_ring, rotate_key, trust
from workbench.pack.keys.signing import PASSPHRASE, Signer
from workbench.pack.keys_command import keys as keys_command
from workbench.pack.making import add_manifest
from workbench.pack.verify_standalone import canonical
from workbench.pack.work import Audit

NAME = "SG01-2025-03"


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    return audit_of(tmp_path_factory.mktemp("company"))


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of keys of this test alone."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "keys"))
    monkeypatch.delenv(PASSPHRASE, raising=False)
    return tmp_path / "keys"


@pytest.fixture
def signer(keys: Path) -> Signer:
    make_key("Controlling, Singapore")
    found = open_signer()
    assert found is not None
    return found


@pytest.fixture
def pack(audit: Audit, signer: Signer, tmp_path: Path) -> Path:
    return make_small(audit, tmp_path / "packs" / NAME, signer)


def alone(pack: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The verdict of verify.py in a Python of its own."""
    command = [sys.executable, *options, verify_standalone.__file__, str(pack)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def change(file: Path, **values: object) -> None:
    told = json.loads(file.read_text(encoding="utf-8"))
    file.write_bytes(canonical(told | values))


def test_a_signed_pack_says_whose_key_signed_it(pack: Path, signer: Signer) -> None:
    for place in (pack, zip_of(pack)):
        verdict = verify(place, signed=True)
        assert verdict.holds and verdict.signer == signer.key_id
        assert "Controlling, Singapore: the signature is right." in verdict.as_text()


def test_verify_py_checks_the_signature_with_cryptography_and_says_so_without(pack: Path) -> None:
    with_it, without = alone(pack), alone(pack, "-I", "-S")
    assert "the signature is right. Ask its owner" in with_it.stdout
    assert "signature not checked: this Python has no package cryptography." in without.stdout
    assert (with_it.returncode, without.returncode) == (0, 0)


def test_the_private_half_is_in_no_pack_and_in_no_word(pack: Path, signer: Signer, keys: Path) -> None:
    secret = signer._secret
    assert repr(signer).count("secret") == 0 and secret.hex() not in repr(signer)
    for file in [*pack.rglob("*"), zip_of(pack)]:
        if file.is_file():
            assert secret not in file.read_bytes() and secret.hex().encode() not in file.read_bytes()
    (private,) = keys.glob("*.key")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_a_key_that_is_not_in_the_ring_is_told_and_refused_where_one_is_demanded(pack: Path, keys: Path) -> None:
    verdict = verify(pack, ring={})
    assert verdict.holds and "not in the ring of trusted keys" in verdict.as_text()
    demanded = verify(pack, ring={}, signed=True)
    assert not demanded.holds and "anybody could have made it" in demanded.as_text()


def test_an_unsigned_pack_is_refused_where_a_signature_is_demanded(audit: Audit, tmp_path: Path) -> None:
    plain = make_small(audit, tmp_path / NAME)
    assert verify(plain).holds and "Not signed." in verify(plain).as_text()
    assert "The pack is not signed, and a signature was demanded." in verify(plain, signed=True).as_text()


def test_a_signature_that_was_taken_away_or_put_there_is_named(pack: Path, audit: Audit, tmp_path: Path) -> None:
    (pack / "manifest.sig").rename(tmp_path / "manifest.sig")
    assert verify(pack).missing == ("manifest.sig",)
    plain = make_small(audit, tmp_path / "plain" / NAME)
    (tmp_path / "manifest.sig").rename(plain / "manifest.sig")
    assert verify(plain).added == ("manifest.sig",)


def test_a_pack_that_was_signed_again_by_another_key_is_not_by_the_first(pack: Path, tmp_path: Path) -> None:
    make_key("somebody else", tmp_path / "other")
    other = open_signer(folder=tmp_path / "other")
    assert other is not None
    content = (pack / "manifest.json").read_bytes()
    (pack / "manifest.sig").write_bytes(other.signature_of(content))
    assert "no signature of this manifest by the key" in verify(pack).as_text()
    told = json.loads(other.signature_of(content))
    named = json.loads(content)["signer"]
    (pack / "manifest.sig").write_bytes(canonical(told | {"key_id": named}))
    assert not verify(pack).holds


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"signature": 1}', '{"public_key": "zz", "signature": "zz"}'])
def test_a_signature_that_is_none_is_said(pack: Path, text: str) -> None:
    (pack / "manifest.sig").write_text(text)
    assert "manifest.sig is no signature" in verify(pack).as_text()


def test_who_changes_a_file_and_the_manifest_cannot_sign_it(pack: Path) -> None:
    file = pack / "deep" / "note.txt"
    file.write_text("another\n")
    manifest = json.loads((pack / "manifest.json").read_text())
    entry = {"bytes": file.stat().st_size, "sha256": verify_standalone.hashlib.sha256(file.read_bytes()).hexdigest()}
    manifest["files"]["deep/note.txt"] = entry
    manifest["reproducible"] = verify_standalone.reproducible_of(manifest["files"])
    manifest["digest"] = verify_standalone.digest_of(manifest)
    (pack / "manifest.json").write_bytes(canonical(manifest))
    verdict = verify(pack)
    assert verdict.changed == () and "no signature of this manifest" in verdict.as_text()


def test_a_rotated_key_signs_no_more_and_what_it_signed_still_verifies(pack: Path, signer: Signer, keys: Path) -> None:
    retired, added = rotate_key()
    assert retired.key_id == signer.key_id and added.name == retired.name
    assert [file.stem for file in keys.glob("*.key")] == [added.key_id]
    now = open_signer()
    assert now is not None and now.key_id == added.key_id
    assert open_signer(added.key_id) == now == open_signer(str(keys / f"{added.key_id}.key"))
    assert verify(pack, signed=True).holds


def test_what_a_retired_key_signs_afterwards_is_told(audit: Audit, signer: Signer, tmp_path: Path) -> None:
    ring = {signer.key_id: PublicKey(signer.key_id, signer.public_key, "us", "2024-01-01", "2025-01-01T00:00:00+00:00")}
    late = make_small(audit, tmp_path / "late" / NAME, signer, finished="2025-04-02T10:00:00+00:00")
    assert "after it was retired on 2025-01-01" in verify(late, ring=ring, signed=True).as_text()
    early = make_small(audit, tmp_path / "early" / NAME, signer, finished="2024-04-02T10:00:00+00:00")
    assert verify(early, ring=ring, signed=True).holds


def test_a_passphrase_encrypts_the_key_and_another_one_does_not_open_it(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    made = make_key("us")
    (private,) = keys.glob("*.key")
    assert b"ENCRYPTED" in private.read_bytes()
    opened = open_signer()
    assert opened is not None and opened.key_id == made.key_id
    monkeypatch.setenv(PASSPHRASE, "battery staple")
    with pytest.raises(WorkbenchError, match="its passphrase is another one"):
        open_signer()
    monkeypatch.delenv(PASSPHRASE)
    with pytest.raises(WorkbenchError, match="has a passphrase") as error:
        open_signer()
    assert PASSPHRASE in error.value.fix
    with pytest.raises(WorkbenchError, match="has a passphrase"):
        rotate_key()
    assert [file.stem for file in keys.glob("*.key")] == [made.key_id]


def test_a_key_that_others_can_read_signs_nothing(signer: Signer, keys: Path) -> None:
    (private,) = keys.glob("*.key")
    private.chmod(0o644)
    with pytest.raises(WorkbenchError, match="can be read by others"):
        open_signer()


@pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_said(tmp_path: Path, content: str) -> None:
    file = tmp_path / "mine.pem"
    file.touch(0o600)
    file.write_text(content)
    with pytest.raises(WorkbenchError, match="does not fit"):
        open_signer(str(file))
    with pytest.raises(WorkbenchError, match="cannot be used for keys: No such file"):
        open_signer(str(tmp_path / "nothing.pem"))


def test_without_a_key_nothing_is_signed(keys: Path) -> None:
    assert open_signer() is None
    with pytest.raises(WorkbenchError, match="There is no key that signs"):
        rotate_key()


def test_a_second_key_is_made_by_rotating_alone(signer: Signer) -> None:
    with pytest.raises(WorkbenchError, match="signs already"):
        make_key("again")


def test_a_ring_that_was_touched_or_is_of_a_later_release_is_refused(signer: Signer, keys: Path) -> None:
    told = json.loads((keys / "ring.json").read_text())
    change(keys / "ring.json", format=2)
    with pytest.raises(WorkbenchError, match="later release"):
        read_ring()
    told["keys"][0]["public_key"] = "0" * 64
    (keys / "ring.json").write_text(json.dumps(told))
    with pytest.raises(WorkbenchError, match="not the one that its id stands for"):
        read_ring()
    (keys / "ring.json").write_text("{}")
    with pytest.raises(WorkbenchError, match="no ring of keys"):
        read_ring()


def test_the_commands_make_show_trust_rotate_and_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner()
    made = run.invoke(keys_command, ["make", "--name", "Controlling"], catch_exceptions=False).output
    public = json.loads(run.invoke(keys_command, ["show", "--json"]).output)
    assert public["key_id"] in made and public["name"] == "Controlling"
    private = (keys_folder() / f"{public['key_id']}.key").read_text()
    assert private.splitlines()[1] not in made
    run.invoke(keys_command, ["rotate"], catch_exceptions=False)
    assert run.invoke(keys_command, ["list"]).output.count("Controlling") == 2
    monkeypatch.setenv(FOLDER, str(tmp_path / "theirs"))
    assert run.invoke(keys_command, ["list"]).output.startswith("no key")
    taken = run.invoke(keys_command, ["trust", public["public_key"], "--name", "them"], catch_exceptions=False)
    assert public["key_id"] in taken.output and "them" in run.invoke(keys_command, ["list"]).output
    with pytest.raises(WorkbenchError, match="in the ring already"):
        trust(public["public_key"], "them")
    with pytest.raises(WorkbenchError, match="no public key"):
        trust("abc", "them")
    with pytest.raises(UnknownNameError):
        run.invoke(keys_command, ["show", "0" * 16], catch_exceptions=False)


def test_every_byte_of_manifest_and_signature_counts(pack: Path) -> None:
    for name in ("manifest.json", "manifest.sig"):
        content = (pack / name).read_bytes()
        for changed in flips(content, 150, 3):
            (pack / name).write_bytes(changed)
            assert not verify(pack).holds
        (pack / name).write_bytes(content)
    assert verify(pack).holds


def damaged(value: Any, chance: random.Random) -> Any:
    """A JSON value with one part of it gone, double, or of another kind."""
    if isinstance(value, dict | list) and value and chance.random() < 0.8:
        place = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
        changed = value.copy()
        if chance.random() < 0.15:
            changed.pop(place)
        else:
            changed[place] = damaged(value[place], chance)
        return changed
    return chance.choice([None, 0, -1, 1e308, "", "x", [], {}, [1], {"a": 1}, True, "../x", "0" * 64, 10**30, "\ud800"])


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig", "decisions.json", "parameters.json", "run.json"])
def test_whatever_a_pack_says_of_itself_the_verdict_is_words(pack: Path, audit: Audit, name: str) -> None:
    chance = random.Random(name)
    told = json.loads((pack / name).read_text(encoding="utf-8"))
    for _ in range(60):
        (pack / name).write_text(json.dumps(damaged(told, chance), indent=2), encoding="utf-8")
        if not name.startswith("manifest."):
            # Its maker lists what it says.
            (pack / "manifest.json").unlink()
            (pack / "manifest.sig").unlink(missing_ok=True)
            add_manifest(audit, pack, None)
        assert verify(pack).as_text().startswith(("VERIFIED", "NOT VERIFIED"))


def test_random_changes_of_one_byte_are_all_found(pack: Path) -> None:
    assert unseen_in_folder(pack, 150) == []
    assert unseen_in_zip(pack, 300) == 0
    assert verify(pack, signed=True).holds and verify(zip_of(pack), signed=True).holds


def test_a_second_version_says_why_and_links_to_the_first(pack: Path, audit: Audit, tmp_path: Path) -> None:
    out = pack.parent
    with pytest.raises(WorkbenchError, match="exists already and a pack is never overwritten") as error:
        next_version(out, NAME)
    assert "--why" in error.value.fix
    place, replaced = next_version(out, NAME, "a late credit memo\nwas loaded")
    assert place.name == f"{NAME}-v2" and replaced is not None
    assert (replaced.pack_id, replaced.why) == (verify(pack).pack_id, "a late credit memo was loaded")
    second = make_small(audit_of(tmp_path / "again", replaced), place)
    fixed = json.loads((second / "parameters.json").read_text())
    assert fixed["replaces"] == replaced.as_json() == json.loads((second / "manifest.json").read_text())["replaces"]
    assert (
        fixed["replaces"]["manifest"]
        == verify_standalone.hashlib.sha256((pack / "manifest.json").read_bytes()).hexdigest()
    )
    third, before = next_version(out, NAME, "again")
    assert third.name == f"{NAME}-v3" and before is not None and before.name == f"{NAME}-v2"
    assert next_version(out, "SG01-2025-04") == (out / "SG01-2025-04", None)


def test_a_pack_that_does_not_verify_is_replaced_by_none(pack: Path) -> None:
    (pack / "deep" / "note.txt").write_text("changed")
    with pytest.raises(WorkbenchError, match="is to be replaced and does not verify"):
        next_version(pack.parent, NAME, "why not")
