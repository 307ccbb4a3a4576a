"""The command `workbench keys`: make and rotate the key that signs packs, and say whose keys are trusted."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.pack.keys import PublicKey

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
NAME = click.option("--name", default="", help="Whose key it is, as others will read it.")


@click.group("keys")
def keys() -> None:
    """Make the key that signs packs, and keep the ring of those that are trusted.

    The private half stays in a file of yours, encrypted where WORKBENCH_KEY_PASSPHRASE (or the system's keyring) holds
    a passphrase; it is never printed and never in a pack.

    \b
    Example:
        workbench keys make --name "Controlling, Singapore"
        workbench keys show
    """


def _said(key: PublicKey, as_json: bool, words: str) -> None:
    click.echo(json.dumps(asdict(key), ensure_ascii=False, indent=2) if as_json else words)


@keys.command("make")
@NAME
@AS_JSON
def make(name: str, as_json: bool) -> None:
    """Make the key pair that signs every pack from now on.

    \b
    Example:
        workbench keys make --name "Controlling, Singapore"
    """
    from workbench.pack.keys import keys_folder, make_key

    key = make_key(name)
    _said(key, as_json, f"{key.words}\nmade in {keys_folder()}; give others the public half: workbench keys show")


@keys.command("rotate")
@NAME
@AS_JSON
def rotate(name: str, as_json: bool) -> None:
    """Put a new key in the place of the one that signs; what the old one signed still verifies.

    \b
    Example:
        workbench keys rotate
    """
    from workbench.pack.keys import rotate_key

    retired, added = rotate_key(name)
    _said(added, as_json, f"{retired.words}\n{added.words}\nthe first signs no more; give others the second")


@keys.command("list")
@AS_JSON
def list_keys(as_json: bool) -> None:
    """List the keys that are trusted, retired ones too.

    \b
    Example:
        workbench keys list
    """
    from workbench.pack.keys import read_ring

    ring = sorted(read_ring().values(), key=lambda key: (key.since, key.key_id))
    told = json.dumps([asdict(key) for key in ring], ensure_ascii=False, indent=2)
    click.echo(told if as_json else "\n".join(key.words for key in ring) or "no key; make one: workbench keys make")


@keys.command("show")
@click.argument("key_id", default="")
@AS_JSON
def show(key_id: str, as_json: bool) -> None:
    """Show the public half of a key (default: the one that signs), for others to trust.

    \b
    Example:
        workbench keys show
    """
    from workbench.pack.keys import one_of

    key = one_of(key_id)
    words = f'{key.words}\n{key.public_key}\nothers trust it by: workbench keys trust {key.public_key} --name "..."'
    _said(key, as_json, words)


@keys.command("trust")
@click.argument("public_key")
@click.option("--name", required=True, help="Whose key it is; ask its owner by another way than the pack came.")
@AS_JSON
def trust(public_key: str, name: str, as_json: bool) -> None:
    """Take somebody's public key into the ring.

    \b
    Example:
        workbench keys trust 3b6a27bc... --name "Auditor & Co"
    """
    from workbench.pack.keys import trust as take

    key = take(public_key, name)
    _said(key, as_json, key.words)
