"""Providers of a server: which key goes to which address, and which model is asked."""

from __future__ import annotations

import pytest

from claif.api import Access, ProviderSettings, Secret

MINE = ProviderSettings(api_key="sk-mine")
NONE = ProviderSettings()


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", "sk-variable")
    monkeypatch.delenv("OTHER_KEY", raising=False)


@pytest.mark.parametrize(
    ("access", "settings", "key"),
    [
        (Access(("ACME_KEY",)), MINE, "sk-mine"),
        (Access(("ACME_KEY",)), NONE, "sk-variable"),
        (Access(("OTHER_KEY", "ACME_KEY")), NONE, "sk-variable"),
        (Access(("ACME_KEY",), own=False), NONE, None),
        (Access(("ACME_KEY",), own=False), MINE, "sk-mine"),
        (Access(), NONE, None),
    ],
)
def test_a_variables_key_goes_to_its_own_address_only(
    access: Access, settings: ProviderSettings, key: str | None
) -> None:
    found = access.key(settings)
    assert (found.reveal() if isinstance(found, Secret) else None) == key


@pytest.mark.parametrize(
    ("access", "settings", "lacks"),
    [
        (Access(("OTHER_KEY",)), NONE, True),
        (Access(("OTHER_KEY",)), MINE, False),
        (Access(("ACME_KEY",)), NONE, False),
        (Access(("OTHER_KEY",), own=False), NONE, False),
        (Access(("OTHER_KEY",), needed=False), NONE, False),
    ],
)
def test_a_key_is_missed_only_where_it_is_needed(access: Access, settings: ProviderSettings, lacks: bool) -> None:
    error = access.lack("acme", settings)
    assert (error is not None) == lacks
    if error is not None:
        assert "OTHER_KEY is not set" in error.message
        assert "claif keys set acme" in (error.hint or "")
