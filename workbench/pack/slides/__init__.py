"""summary.pptx: the summary's charts and tables as slides that a review meeting can edit."""

from __future__ import annotations

from pathlib import Path

from workbench.pack.work import Audit


def write_slides(audit: Audit, file: Path) -> None:
    """Write the summary of an audit as a presentation: native charts and tables, a sentence as the title of each slide.

    Its bytes depend on the audit alone.
    """
    # The library takes half a second to import, which who reads a pack need not wait for.
    from workbench.pack.slides.parts import slides_of

    file.write_bytes(slides_of(audit))
