"""Providers of plugins: known without an import, loaded when used, refused when it is not clear whose they are."""

from __future__ import annotations

import sys

import pytest

from claif.errors import ProviderInitError
from claif.models import Message
from claif.plugin.entries import ProviderEntry
from claif.provider import AdaptedProvider, BaseProvider, Provider

from .sites import Site

PROVIDER = """
from claif.provider import Provider

class Echo(Provider):
    name = "echo"

    async def query(self, query, emit):
        pass

def make(context):
    return Echo(context)
"""


def offer(site: Site, distribution: str, name: str = "echo", *, module: str | None = None) -> None:
    """Install a distribution that offers a provider."""
    module = module or f"{distribution.replace('-', '_')}_provider"
    site.install(distribution, {"claif.providers": {name: f"{module}:Echo"}}, modules={module: PROVIDER})


def state_of(entry: ProviderEntry) -> tuple[str, str]:
    """State and distribution."""
    return entry.state, entry.distribution


def test_a_provider_is_listed_without_being_imported_and_loaded_once(site: Site) -> None:
    """Name, distribution and version come from the metadata."""
    offer(site, "claif-a")
    entry = site.manager().providers()["echo"]
    assert (entry.name, entry.distribution, entry.version, entry.state) == ("echo", "claif-a", "1.0", "ready")
    assert "claif_a_provider" not in sys.modules
    loaded = entry.load()
    assert isinstance(loaded, type)
    assert issubclass(loaded, Provider)
    assert entry.load() is loaded


def test_a_function_that_makes_providers_is_a_provider_too(site: Site) -> None:
    """The client calls it with a context, as it calls a class."""
    site.install("claif-a", {"claif.providers": {"echo": "claif_a_p:make"}}, modules={"claif_a_p": PROVIDER})
    assert site.manager().providers()["echo"].load().__name__ == "make"


def test_a_base_provider_is_adapted(site: Site) -> None:
    """It comes out as a class like any other, with what it declares."""
    source = """
from claif.provider import BaseProvider

class Shout(BaseProvider):
    name = "shout"
    capabilities = {"text", "streaming"}

    async def query(self, prompt, options=None):
        yield prompt.upper()

class Whisper(BaseProvider):
    @property
    def capabilities(self):
        return ["text", "tools"]
"""
    points = {"shout": "claif_a_p:Shout", "whisper": "claif_a_p:Whisper"}
    site.install("claif-a", {"claif.providers": points}, modules={"claif_a_p": source})
    entries = site.manager().providers()
    shout, whisper = entries["shout"].load(), entries["whisper"].load()
    assert isinstance(shout, type)
    assert isinstance(whisper, type)
    assert issubclass(shout, AdaptedProvider)
    assert (shout.name, shout.capabilities) == ("shout", {"text", "streaming"})
    assert whisper.capabilities == {"text"}
    assert whisper(None).capabilities == {"text", "tools"}


async def test_an_adapted_provider_answers() -> None:
    """What it yields is emitted."""
    from claif.models import Query
    from claif.plugin.adapt import adapted

    class Shout(BaseProvider):
        async def query(self, prompt, options=None):
            yield prompt.upper()
            yield Message.assistant("done")

    events = []

    async def emit(event: object) -> None:
        events.append(event)

    provider = adapted(Shout)(None)
    await provider.query(Query("hi"), emit)
    assert [event.text for event in events] == ["HI", "done"]


def test_a_name_that_two_distributions_claim_is_refused_until_the_user_decides(site: Site) -> None:
    """The hint names both, and neither is imported: a key must never reach a stranger."""
    offer(site, "claif-a")
    offer(site, "claif-b")
    manager = site.manager()
    entry = manager.providers()["echo"]
    assert state_of(entry) == ("conflict", "claif-a, claif-b")
    assert entry.version == ""
    assert "claif-a and claif-b" in entry.detail
    assert entry.hint == "Say which one serves it: claif config set plugins.providers.echo claif-a"
    with pytest.raises(ProviderInitError, match="claif-a and claif-b") as caught:
        entry.load()
    assert caught.value.hint == entry.hint
    assert {(report.name, report.state) for report in manager.reports()} == {
        ("claif-a", "conflict"),
        ("claif-b", "conflict"),
    }
    assert not {"claif_a_provider", "claif_b_provider"} & set(sys.modules)


def test_the_user_decides_who_serves_a_name(site: Site) -> None:
    """In any spelling of the distribution's name; the other one says that it does not serve it."""
    offer(site, "claif-a")
    offer(site, "claif-b")
    manager = site.manager(provider_choice={"echo": "Claif_B"})
    assert state_of(manager.providers()["echo"]) == ("ready", "claif-b")
    assert manager.providers()["echo"].load().__module__ == "claif_b_provider"
    first, second = manager.reports()
    assert (first.state, first.detail) == ("ready", "The provider echo is served by claif-b.")
    assert (second.state, second.detail) == ("ready", "")


def test_a_name_given_to_a_distribution_that_is_not_there_is_served_by_nobody(site: Site) -> None:
    """A stranger must not step in when the chosen plugin is uninstalled."""
    offer(site, "claif-a")
    entry = site.manager(provider_choice={"echo": "claif-b"}).providers()["echo"]
    assert entry.state == "not installed"
    assert "claif-b" in entry.detail
    assert "claif config unset plugins.providers.echo" in entry.hint
    with pytest.raises(ProviderInitError):
        entry.load()


def test_names_of_claif_itself_are_not_contested(site: Site) -> None:
    """Its own distribution wins, also against the user's choice."""
    offer(site, "claif", module="claif_own_provider")
    offer(site, "claif-evil")
    entry = site.manager(provider_choice={"echo": "claif-evil"}).providers()["echo"]
    assert state_of(entry) == ("ready", "claif")
    assert entry.load().__module__ == "claif_own_provider"


def test_a_plugin_that_is_off_claims_nothing_but_is_listed(site: Site) -> None:
    """Its provider says who switched it off; a name that another one claims is that one's."""
    offer(site, "claif-a")
    offer(site, "claif-b")
    offer(site, "claif-c", "other")
    providers = site.manager(disable=["claif_A", "claif-c"]).providers()
    assert state_of(providers["echo"]) == ("ready", "claif-b")
    assert state_of(providers["other"]) == ("disabled", "claif-c")
    with pytest.raises(ProviderInitError, match="switched off") as caught:
        providers["other"].load()
    assert "[plugins] disable" in (caught.value.hint or "")


def test_only_the_named_plugins_are_on(site: Site) -> None:
    """`load` names them; an empty one names none; `off` beats it."""
    offer(site, "claif-a", "a")
    offer(site, "claif-b", "b")
    states = [
        {name: entry.state for name, entry in site.manager(**options).providers().items()}
        for options in ({"load": ["claif.b", ""]}, {"load": []}, {"load": ["claif-a"], "off": True})
    ]
    assert states == [
        {"a": "disabled", "b": "ready"},
        {"a": "disabled", "b": "disabled"},
        {"a": "disabled", "b": "disabled"},
    ]


def test_an_incompatible_provider_is_not_imported(site: Site) -> None:
    """It still counts as a claim on its name."""
    site.install(
        "claif-old",
        {"claif.providers": {"old": "claif_old_p:Echo"}},
        requires=["claif<2"],
        modules={"claif_old_p": "raise SystemExit"},
    )
    entry = site.manager().providers()["old"]
    assert entry.state == "incompatible"
    assert entry.hint == "Upgrade it: pip install --upgrade claif-old"
    with pytest.raises(ProviderInitError, match="It needs claif <2, and this is"):
        entry.load()
    assert "claif_old_p" not in sys.modules


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ValueError('two\\nlines \\x1b[2J')", "ValueError: two lines  [2J"),
        ("import sys; sys.exit('go away')", "it called sys.exit('go away')"),
        ("import surely_not_installed", "No module named 'surely_not_installed'"),
        ("class Evil(BaseException): pass\nraise Evil", "Evil"),
        ("def broken(:", "SyntaxError"),
        ("Echo = 3", "it is of type int, and neither a class nor a function"),
        ("class Echo: pass", "derives neither from Provider nor from BaseProvider"),
        ("from claif.provider import Provider\nclass Echo(Provider): pass", "does not define query()"),
        ("", "AttributeError"),
    ],
)
def test_a_broken_provider_is_named_with_a_remedy_and_not_imported_again(site: Site, source: str, reason: str) -> None:
    """Whatever it raises becomes one error with one printable line."""
    site.install("claif-bad", {"claif.providers": {"bad": "claif_bad_p:Echo"}}, modules={"claif_bad_p": source})
    entry = site.manager().providers()["bad"]
    for _ in range(2):
        with pytest.raises(ProviderInitError) as caught:
            entry.load()
        error = caught.value
        assert reason in error.message
        assert "claif-bad" in error.message
        assert error.message.isprintable()
        assert error.provider == "bad"
        assert error.hint == "Upgrade or uninstall it, or switch it off: CLAIF_DISABLE_PLUGINS=claif-bad"
    assert entry.state == "broken"


def test_an_exception_that_cannot_even_be_printed_is_named(site: Site) -> None:
    """Its `__str__` is the plugin's code too."""
    source = "class Odd(Exception):\n    def __str__(self): raise RuntimeError\nraise Odd"
    site.install("claif-bad", {"claif.providers": {"bad": "claif_bad_p:x"}}, modules={"claif_bad_p": source})
    with pytest.raises(ProviderInitError, match="Odd"):
        site.manager().providers()["bad"].load()


def test_ctrl_c_during_an_import_is_the_user_s(site: Site) -> None:
    """It is no failure of the plugin, which can be loaded the next time."""
    text = """
import builtins

if not hasattr(builtins, "second"):
    builtins.second = True
    raise KeyboardInterrupt

def make(context): pass
"""
    site.install("claif-a", {"claif.providers": {"a": "claif_a_p:make"}}, modules={"claif_a_p": text})
    import builtins

    entry = site.manager().providers()["a"]
    try:
        with pytest.raises(KeyboardInterrupt):
            entry.load()
        assert entry.load()
    finally:
        del builtins.second


def test_a_value_that_names_nothing_is_a_broken_provider(site: Site) -> None:
    """It is found out when it is used."""
    site.install("claif-bad", {"claif.providers": {"bad": "no-module/at all"}})
    with pytest.raises(ProviderInitError, match="does not name a module"):
        site.manager().providers()["bad"].load()


def test_names_that_cannot_be_typed_are_left_out_and_reported(site: Site) -> None:
    """A name with a space or an escape sequence is nothing that anybody could configure."""
    site.install("claif-a", {"claif.providers": {"two words": "a:b", "fine": "a:b"}})
    manager = site.manager()
    assert set(manager.providers()) == {"fine"}
    assert "The entry point 'two words' of claif.providers is not a name." in manager.reports()[0].detail


def test_a_name_that_one_distribution_claims_twice_is_its_first(site: Site) -> None:
    """It is not in conflict with itself."""
    info = site.install("claif-a")
    (info / "entry_points.txt").write_text("[claif.providers]\nx = first:A\nx = second:B\n")
    entry = site.manager().providers()["x"]
    assert (entry.state, entry.value) == ("ready", "first:A")


def test_the_version_of_an_editable_installation_comes_from_its_metadata(site: Site) -> None:
    """Its folder's name has none."""
    folder = site.folder / "claif_a.egg-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text("[claif.providers]\nx = a:b\n")
    (folder / "PKG-INFO").write_text("Name: claif-a\nVersion: 3.1\n")
    assert site.manager().providers()["x"].version == "3.1"
