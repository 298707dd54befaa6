"""The key is the configured one, else that of the environment, else the stored one."""

from __future__ import annotations

from claif.config import ProviderSettings, Secret, find_key, missing_key

STORED = Secret("stored-key", fallback=True)


def found(settings: ProviderSettings, *variables: str, **environ: str) -> str | None:
    key = find_key(settings, *variables, environ=environ)
    return None if key is None else key.reveal()


def test_the_configured_key_comes_first() -> None:
    assert found(ProviderSettings(api_key="mine"), "A_KEY", A_KEY="theirs") == "mine"


def test_the_first_variable_that_is_set_comes_before_the_stored_key() -> None:
    settings = ProviderSettings(api_key=STORED)
    assert found(settings, "A_KEY", "B_KEY", B_KEY=" b ", A_KEY=" ") == "b"
    assert found(settings, "A_KEY", "B_KEY") == "stored-key"
    assert found(settings) == "stored-key"


def test_there_may_be_no_key_at_all() -> None:
    assert found(ProviderSettings(), "A_KEY") is None
    assert found(ProviderSettings(api_key="")) is None


def test_a_missing_key_names_every_way_to_give_one() -> None:
    error = missing_key("groq", "GROQ_API_KEY")
    ways = ("Set GROQ_API_KEY", "claif keys set groq", "providers.groq.api_key", '"${GROQ_API_KEY}"', "keyring", "cmd")
    for way in ways:
        assert way in (error.hint or "")
    assert error.provider == "groq"
    assert "claif keys set x" in (missing_key("x").hint or "")
