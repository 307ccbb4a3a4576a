"""What is said is said in the reader's language, and every language has all of it."""

from __future__ import annotations

import json
import string
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.language import gather
from tests.language.pseudo import Pseudo, unsaid
from workbench.errors import UnknownNameError
from workbench.language import LANGUAGES, counted, html_language, known_language, language, say, speaking
from workbench.language.formats import day_in_words, month_in_words

OTHERS = [name for name in LANGUAGES if name != "en"]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("domain", gather.DOMAINS)
def test_every_text_is_translated(name: str, domain: str) -> None:
    catalogue = gather.brought_up_to_date(domain, name)
    assert gather.untranslated(catalogue) == [], "give these a translation"
    assert gather.as_bytes(catalogue) == gather.file_of(domain, name).read_bytes(), "run: make messages"


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("domain", gather.DOMAINS)
def test_a_translation_names_the_same_values(name: str, domain: str) -> None:
    for message in gather.catalogue_of(domain, name):
        if message.id and domain != "notebooks":
            texts = [message.id] if isinstance(message.id, str) else list(message.id)
            wanted = set().union(*map(_values, texts))
            forms = [message.string] if isinstance(message.string, str) else list(message.string)
            assert all(_values(form) == wanted for form in forms), message.id


@pytest.mark.parametrize("name", OTHERS)
def test_a_text_is_translated_in_one_way(name: str) -> None:
    found: dict[str, set[str]] = {}
    for domain in gather.DOMAINS:
        for message in gather.catalogue_of(domain, name):
            if message.id:
                found.setdefault(str(message.id), set()).add(str(message.string))
    assert {text: ways for text, ways in found.items() if len(ways) > 1} == {}, "the catalogues speak as one"


def _values(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


@pytest.mark.parametrize("name", OTHERS)
def test_a_translated_notebook_keeps_its_code_and_its_headings(name: str) -> None:
    for message in gather.catalogue_of("notebooks", name):
        if message.id:
            assert message.string.count("`") == message.id.count("`"), message.id
            assert _rank(message.string) == _rank(message.id), message.id


def _rank(text: str) -> int:
    return len(text) - len(text.lstrip("#"))


def test_english_says_what_is_written() -> None:
    assert say("Nothing here.") == "Nothing here."
    assert say("{name} at {place}", name="{x}", place="A") == "{x} at A"
    found = [counted(n, "{count} finding", "{count} findings") for n in (0, 1, 2, 1200)]
    assert found == ["no finding", "1 finding", "2 findings", "1,200 findings"]


def test_a_language_is_known_by_any_common_name() -> None:
    names = {"zh-Hans": "zh_CN", "zh": "zh_CN", "ZH_cn.UTF-8": "zh_CN", "ja_JP": "ja", "en-GB": "en"}
    assert {name: known_language(name) for name in names} == names
    with pytest.raises(UnknownNameError, match="There is no language 'fr'"):
        known_language("fr")


def test_days_are_written_as_people_write_them() -> None:
    day = date(2025, 4, 1)
    assert (day_in_words(day), month_in_words(day)) == ("1 April 2025", "April 2025")
    for name in OTHERS:
        with speaking(name):
            assert (day_in_words(day), month_in_words(day)) == ("2025年4月1日", "2025年4月")


def test_the_setting_decides_and_a_block_decides_over_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WORKBENCH_LANGUAGE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert language() == "en"
    (tmp_path / "later").mkdir()
    (tmp_path / "later/workbench.toml").write_text('language = "ja_JP"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path / "later")
    assert language() == "ja"
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "zh-CN")
    assert (language(), html_language()) == ("zh_CN", "zh-CN")
    with speaking("en"):
        assert language() == "en"
    assert language() == "zh_CN"


@pytest.mark.parametrize(
    ("settings", "spoken"),
    [({"locale": "zh_CN"}, "zh_CN"), ({"locale": "default"}, "en"), ({"locale": "fr_FR"}, "en"), ([], "en")],
)
def test_a_notebook_speaks_what_jupyterlab_speaks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any, spoken: str
) -> None:
    import ipykernel  # noqa: F401 - a notebook's process has it

    monkeypatch.delenv("WORKBENCH_LANGUAGE", raising=False)
    monkeypatch.delenv("WORKBENCH_MODE", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(tmp_path))
    folder = tmp_path / "@jupyterlab/translation-extension"
    folder.mkdir(parents=True)
    (folder / "plugin.jupyterlab-settings").write_text(f"// chosen\n{json.dumps(settings)}", encoding="utf-8")
    assert language() == spoken
    monkeypatch.setenv("WORKBENCH_MODE", "batch")
    assert language() == "en"


def test_what_nobody_marked_is_found() -> None:
    with speaking("ja", Pseudo()):
        page = (
            f"<p>{say('Hello {name}.', name='Mr Fox')}</p><p title='not said'>{say('Yes.')} but <code>code</code></p>"
        )
    assert unsaid(page) == ["but", "not said"]
