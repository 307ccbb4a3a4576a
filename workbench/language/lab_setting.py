"""The language that JupyterLab itself is set to, read where a notebook runs in front of somebody."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path

PLUGIN = "@jupyterlab/translation-extension/plugin.jupyterlab-settings"


def lab_locale() -> str:
    """JupyterLab's locale, "zh_CN"; empty outside a notebook, in batch, and where nobody chose one."""
    if "ipykernel" not in sys.modules or os.environ.get("WORKBENCH_MODE") == "batch":
        return ""
    file = _settings_folder() / PLUGIN
    try:
        return _chosen(file, file.stat().st_mtime_ns)
    except OSError:
        return ""


def _settings_folder() -> Path:
    from jupyter_core.paths import jupyter_config_dir

    asked = os.environ.get("JUPYTERLAB_SETTINGS_DIR")
    return Path(asked) if asked else Path(jupyter_config_dir()) / "lab" / "user-settings"


@lru_cache(maxsize=4)
def _chosen(file: Path, _changed: int) -> str:
    import json5

    try:
        settings = json5.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        # JupyterLab reports a broken settings file itself; until it is mended nothing is chosen.
        return ""
    locale = settings.get("locale", "") if isinstance(settings, dict) else ""
    return locale if isinstance(locale, str) and locale != "default" else ""
