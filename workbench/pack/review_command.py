"""The command `workbench review`: a pack per entity, or one for a customer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.errors import WorkbenchError
from workbench.options import LANGUAGE, MEMORY, read_parameters, spoken_language
from workbench.progress import shown

if TYPE_CHECKING:
    from workbench.pack.given import Given
    from workbench.pack.monthly import Review


@click.command("review")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option("--period", required=True, metavar="YYYY-MM", help="The month to review.")
@click.option("--entity", "entities", multiple=True, help="Only this entity; may be given more than once.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Entities at the same time.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the packs and index.html go.")
@click.option("--param", "given", multiple=True, metavar="ID.NAME=VALUE", help="A control's own parameter.")
@click.option("--decisions", default="", metavar="URL", help="The decision store; default: that of the settings.")
@click.option(
    "--sample", "samples", multiple=True, type=click.Path(path_type=Path), help="A folder of sampling papers."
)
@click.option("--against", type=click.Path(path_type=Path), help="Last month's pack, or the folder of its packs.")
@click.option("--why", default="", help="Why a second version is made of packs that are there.")
@click.option("--key", default="", help="The key that signs; default: the active one of workbench keys.")
@click.option("--audience", type=click.Choice(["internal", "customer"]), default="internal", show_default=True,
              help="For whom: with customer, masked and only that customer's rows.")  # fmt: skip
@click.option("--customer", "customers", multiple=True, help="With --audience customer: whose; may be repeated.")
@LANGUAGE
@MEMORY
def command(
    snapshot: Path,
    period: str,
    entities: tuple[str, ...],
    jobs: int,
    out: Path,
    given: tuple[str, ...],
    audience: str,
    customers: tuple[str, ...],
    **basis: Any,
) -> None:
    """Run the monthly review: one audit pack per entity, and a page that shows them all.

    Packs that are there already, whole and of the same work, are kept, so a review that was interrupted goes on where
    it was. Exit code 1 when an entity failed; the others are made.

    \b
    Example:
        workbench review snapshots/2025-03 --period 2025-03 --jobs 4 --against packs/2025-02 --out packs/2025-03
        workbench review snapshots/2025-03 --period 2025-03 --audience customer --customer C000002 --out customers
    """
    from workbench.pack.keys import open_signer
    from workbench.pack.monthly import review_all
    from workbench.pack.overview.progress import shown_board
    from workbench.snapshot import open_snapshot

    own = read_parameters(given)
    if audience == "customer":
        if own or basis["samples"] or basis["against"] or basis["why"]:
            raise WorkbenchError("A customer's pack takes no --param, --sample, --against or --why.", "leave them out")
        _for_customers(snapshot, period, entities, out, customers, basis)
        return
    if customers:
        raise WorkbenchError("--customer goes with --audience customer.", "give both, or leave --customer out")

    with shown_board() as watch:
        result = review_all(
            open_snapshot(snapshot),
            period,
            out,
            entities=entities,
            jobs=jobs,
            own=own,
            watch=watch,
            given=_rests_on(basis["decisions"], basis["samples"], period),
            against=basis["against"],
            why=basis["why"],
            signer=open_signer(basis["key"]),
        )
    _tell(result, out)


def _rests_on(decisions: str, samples: tuple[Path, ...], period: str) -> Given:
    from workbench.pack.decided import read_store
    from workbench.pack.given import Given
    from workbench.pack.papers import read_papers

    papers = read_papers(samples, period) if samples else ()
    return Given(decided=read_store(decisions), papers=papers, language=spoken_language())


def _for_customers(
    snapshot: Path,
    period: str,
    entities: tuple[str, ...],
    out: Path,
    customers: tuple[str, ...],
    basis: Mapping[str, Any],
) -> None:
    from workbench.pack.audience import review_customers
    from workbench.pack.keys import open_signer
    from workbench.snapshot import open_snapshot

    if len(entities) > 1:
        raise WorkbenchError("A customer's pack is of one entity or of all.", "give one --entity, or none")
    with shown("review") as progress:
        packs = review_customers(
            open_snapshot(snapshot),
            period,
            out,
            customers,
            entity="".join(entities),
            given=_rests_on(basis["decisions"], (), period),
            signer=open_signer(basis["key"]),
            progress=progress,
        )
    for pack in packs:
        click.echo(f"{pack / 'summary.html'}")
    click.echo("Masked for the customer; look through each before it goes out.")


def _tell(result: Review, out: Path) -> None:
    """Where to look, what was kept, and a gate that fails where an entity did."""
    for pack in result.packs:
        click.echo(f"{pack / 'summary.html'}{' (kept: made before, the same work)' if pack in result.kept else ''}")
    made = "1 pack" if len(result.packs) == 1 else f"{len(result.packs)} packs"
    first = f" or prove one: workbench verify {result.packs[0]}" if result.packs else ""
    click.echo(f"{made}; next, open {out / 'index.html'}{first}")
    result.demand_whole()
