"""verify and the verify.py inside a pack name every change, and agree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from workbench.errors import WorkbenchError
from workbench.pack import Verification, verify, verify_standalone
from workbench.pack.zipping import write_zip
from workbench.snapshot import canonical_json, manifest_of, sha256, write_manifest

FILES = ("parameters.json", "README.txt", "deep/er/findings.parquet", "verify.py")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "SG01-2025-03"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n" * 3, encoding="utf-8")
    shutil.copyfile(verify_standalone.__file__, folder / "verify.py")
    write_manifest(folder, pack_id=sha256(folder / "parameters.json"))
    return folder


def both(pack: Path) -> Verification:
    """The verdict; asserts that an untouched copy of verify.py, on the standard library alone, says the same."""
    verdict = verify(pack)
    command = [sys.executable, "-I", "-S", verify_standalone.__file__, str(pack)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == verdict.as_text() + "\n"
    assert done.returncode == (0 if verdict.holds else 1)
    return verdict


def zipped(pack: Path) -> Path:
    return Path(shutil.make_archive(str(pack), "zip", pack.parent, pack.name))


def test_an_untouched_pack_is_verified_as_folder_and_as_zip(pack: Path) -> None:
    assert both(pack).holds
    assert both(zipped(pack)).holds
    assert verify(pack).files == len(FILES)


def test_the_copy_inside_verifies_its_own_folder_and_leaves_nothing_behind(pack: Path) -> None:
    before = manifest_of(pack)
    done = subprocess.run([sys.executable, "verify.py"], cwd=pack, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, verify(pack).as_text() + "\n")
    assert manifest_of(pack) == before


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("as_zip", [False, True])
def test_one_changed_byte_in_any_file_is_named(pack: Path, name: str, as_zip: bool) -> None:
    content = bytearray((pack / name).read_bytes())
    content[len(content) // 2] ^= 1
    (pack / name).write_bytes(content)
    assert both(zipped(pack) if as_zip else pack).changed == (name,)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("as_zip", [False, True])
def test_a_missing_file_is_named(pack: Path, name: str, as_zip: bool) -> None:
    (pack / name).unlink()
    verdict = both(zipped(pack) if as_zip else pack)
    assert verdict.missing == (name,)
    assert not verdict.holds


@pytest.mark.parametrize("as_zip", [False, True])
def test_added_files_and_folders_are_named(pack: Path, as_zip: bool) -> None:
    (pack / "deep" / "note.txt").write_text("new")
    (pack / "empty").mkdir()
    assert both(zipped(pack) if as_zip else pack).added == ("deep/note.txt", "empty/")


def test_a_longer_and_a_shorter_file_are_changed(pack: Path) -> None:
    (pack / "README.txt").write_text("")
    with (pack / "parameters.json").open("a") as stream:
        stream.write(" ")
    assert both(pack).changed == ("README.txt", "parameters.json")


def test_a_pack_id_that_is_not_the_hash_of_the_parameters_is_a_changed_manifest(pack: Path) -> None:
    manifest = json.loads((pack / "manifest.json").read_text())
    (pack / "manifest.json").write_text(canonical_json(manifest | {"pack_id": "0" * 64}))
    assert both(pack).changed == ("manifest.json",)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"files": {}}', '{"files": []}', "not json", "\ud800".encode("utf-8", "surrogatepass"),
        '{"files": {"a": {"sha256": "xyz", "bytes": 1}}, "pack_id": "1"}', "[" * 100_000,
        '{"files": {"a": 1}, "files": {"b": 2}, "pack_id": "1"}', '{"files": {"a": null}, "pack_id": "1"}',
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused_with_a_sentence(pack: Path, text: str | bytes) -> None:
    (pack / "manifest.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    verdict = both(pack)
    assert "manifest.json" in verdict.refused
    assert not verdict.holds


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "a/../../b", "a//b", "./a", "C:x", "a\\b", "manifest.json", ""]
)
def test_a_listed_path_that_climbs_out_is_refused(pack: Path, name: str) -> None:
    manifest = json.loads((pack / "manifest.json").read_text())
    manifest["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    (pack / "manifest.json").write_text(canonical_json(manifest))
    assert both(pack).refused


@pytest.mark.parametrize("link", ["file", "folder", "pack"])
def test_links_are_refused(pack: Path, tmp_path: Path, link: str) -> None:
    place, target = {
        "file": (pack / "README.txt", pack / "parameters.json"),
        "folder": (pack / "more", tmp_path),
        "pack": (tmp_path / "link", pack),
    }[link]
    place.unlink(missing_ok=True)
    place.symlink_to(target)
    assert both(place if link == "pack" else pack).refused


def test_a_pipe_is_refused_and_never_read(pack: Path) -> None:
    os.mkfifo(pack / "pipe")
    assert "neither a file nor a folder" in both(pack).refused


@pytest.mark.parametrize(
    ("name", "mode", "words"),
    [
        ("SG01-2025-03/../../out.txt", 0o100644, "no path inside"),
        ("/SG01-2025-03/x", 0o100644, "one folder"),
        ("other/x", 0o100644, "one folder"),
        ("SG01-2025-03/link", 0o120777, "link"),
        ("SG01-2025-03/README.txt", 0o100644, "twice"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_that_would_write_elsewhere_or_hides_a_file_is_refused(
    pack: Path, name: str, mode: int, words: str
) -> None:
    file = zipped(pack)
    with zipfile.ZipFile(file, "a") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, b"x")
    assert words in both(file).refused


def test_a_torn_zip_is_refused_and_no_zip_is_said_to_be_none(pack: Path) -> None:
    file = zipped(pack)
    file.write_bytes(file.read_bytes()[:-40])
    assert both(file).refused
    assert both(pack / "README.txt").refused


def test_a_path_without_a_pack_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="There is no pack"):
        verify(tmp_path / "nothing")
    assert both(tmp_path).refused


def test_the_verdict_as_json_names_the_same(pack: Path) -> None:
    (pack / "README.txt").unlink()
    verdict = json.loads(verify(pack).as_json())
    assert (verdict["holds"], verdict["missing"], verdict["pack"]) == (False, ["README.txt"], "SG01-2025-03")


def test_a_pack_of_a_later_release_is_left_to_it(pack: Path) -> None:
    manifest = json.loads((pack / "manifest.json").read_text())
    (pack / "manifest.json").write_text(canonical_json(manifest | {"format": 3}))
    assert "it was made by a later release (form 3; this one reads up to 2). Its own verify.py reads it." in (
        both(pack).refused
    )


@pytest.mark.parametrize("name", ["digest", "reproducible", "format"])
def test_a_manifest_that_says_another_thing_of_itself_is_changed(pack: Path, name: str) -> None:
    manifest = json.loads((pack / "manifest.json").read_text())
    manifest |= {"format": 2, "reproducible": verify_standalone.reproducible_of(manifest["files"])}
    whole = manifest | {"digest": verify_standalone.digest_of(manifest)}
    (pack / "manifest.json").write_bytes(verify_standalone.canonical(whole))
    assert both(pack).holds
    changed = manifest | {name: "0" * 64}
    if name != "digest":
        changed["digest"] = verify_standalone.digest_of(changed)
    if name == "format":
        changed = {key: value for key, value in whole.items() if key != "format"}
    (pack / "manifest.json").write_bytes(verify_standalone.canonical(changed))
    assert both(pack).changed == ("manifest.json",)
    (pack / "manifest.json").write_bytes(verify_standalone.canonical(whole).replace(b"{", b"{ ", 1))
    assert both(pack).changed == ("manifest.json",)


def test_the_zip_of_a_pack_proves_itself_to_the_last_byte(pack: Path) -> None:
    file = pack.with_suffix(".zip")
    write_zip(pack, pack.name, file)
    content = file.read_bytes()
    assert both(file).holds
    assert content[-71:-64] == b"sha256 "
    # The time of the first file: a zip program would not mind.
    for changed in (content[:10] + b"\1" + content[11:], content + b"\n", content[:-1], content[:-71] + content[-64:]):
        file.write_bytes(changed)
        assert not both(file).holds
    file.write_bytes(content[:-73] + b"\0\0" + content[-71:])
    assert not both(file).holds, "a comment that is said to be none is none"


def test_a_zip_that_somebody_made_of_the_folder_verifies_by_its_files(pack: Path) -> None:
    file = zipped(pack)
    assert both(file).holds
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"mine"
    assert "not byte for byte the one that was written" in both(file).as_text()
