"""Properties try the same examples on every run, so that a red suite means a change; what is only read is made once."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.pack_company import make_snapshot
from workbench.detect import run
from workbench.findings import Findings
from workbench.snapshot import Snapshot

settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def small_company(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The company of tests/pack_company.py, to be read alone."""
    return make_snapshot(tmp_path_factory.mktemp("small") / "snapshot")


@pytest.fixture(scope="session")
def findings(small_company: Snapshot) -> Findings:
    """What the controls find in it."""
    return run(small_company)
