"""A new plugin has names that can be installed, imported and typed, and takes none that belong to others."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import PluginError
from claif.plugin.entry_points import is_plain_name
from claif.plugin.scan import normalize
from claif.scaffold.names import Names, names_of


@pytest.mark.parametrize("text", ["acme-chat", "claif-acme-chat", "Acme.Chat", "ACME__chat", "claif_acme_chat"])
def test_one_word_of_the_user_becomes_all_names(text: str) -> None:
    assert names_of(text) == Names("acme-chat", "claif-acme-chat", "claif_acme_chat", "AcmeChat", "ACME_CHAT")


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", "claif-", "1st", "-acme", "acme-", "a/b", "../acme", "a b", "acme\n", "café", "a" * 41),
        *("{{name}}", "{0.__class__}", "%s", "$HOME", "acme;rm", "a\0b", "\u202eacme", "acme=1", "[acme]"),
    ],
)
def test_what_is_no_name_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(PluginError, match="cannot be the name") as caught:
        names_of(text)
    assert "begins with a letter" in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["json", "sys", "asyncio", "concurrent", "ConfigParser", "claif-email"])
def test_modules_of_the_standard_library_are_not_shadowed(text: str) -> None:
    with pytest.raises(PluginError, match="standard library"):
        names_of(text)


@pytest.mark.parametrize("text", ["openai", "claif-local", "claif", "testing", "api"])
def test_names_of_claif_itself_are_refused(text: str) -> None:
    with pytest.raises(PluginError, match="Claif itself"):
        names_of(text)


@pytest.mark.parametrize("taken", ["acme", "claif-acme"])
def test_names_that_are_taken_are_refused(taken: str) -> None:
    with pytest.raises(PluginError, match="installed"):
        names_of("acme", {taken})


def test_a_package_that_can_be_imported_already_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "claif_acme.py").write_text("raise SystemExit('it is not imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PluginError, match="claif_acme"):
        names_of("acme")


def test_words_of_the_language_are_fine_because_every_name_has_more_to_it() -> None:
    for word in ("class", "none", "import"):
        assert names_of(word).package.isidentifier()


@given(st.text(max_size=50) | st.from_regex(r"[A-Za-z0-9._-]{1,45}", fullmatch=True))
def test_whatever_the_text_the_names_are_good_or_it_is_refused(text: str) -> None:
    try:
        names = names_of(text)
    except PluginError:
        return
    assert normalize(names.distribution) == names.distribution
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in (names.package, f"{names.stem}Provider"))
    assert f"{names.constant}_CONFIG".isidentifier()
    assert is_plain_name(names.name)
