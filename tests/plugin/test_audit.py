"""All parts of the plugins that are on are tried, and each plugin is judged."""

from __future__ import annotations

import pytest

from claif.errors import PluginError
from claif.plugin.audit import Audit, audit

from .sites import Site

GOOD = "@hookimpl\ndef claif_query_finished(record): pass\n"


async def audits(site: Site, *names: str, disable: tuple[str, ...] = ()) -> dict[str, Audit]:
    manager = site.manager(disable=disable)
    found = await audit(manager, names, timeout=60, taken=("query",), path=[str(site.folder)])
    return {each.name: each for each in found}


async def test_each_plugin_has_its_own_parts(site: Site) -> None:
    site.hooks("claif-a", GOOD)
    source = "from claif.api import Provider\nclass B(Provider):\n    async def query(self, query, emit): pass\n"
    points = {"claif.providers": {"b": "claif_b:B"}, "claif.commands": {"b": "claif_b:command"}}
    site.install("claif-b", points, modules={"claif_b": f"{source}command = 3\n"})
    found = await audits(site)
    assert found["claif-a"].ok
    assert [part.hooks for part in found["claif-a"].parts] == [("claif_query_finished",)]
    assert not found["claif-b"].ok
    assert [(part.group, bool(part.problems)) for part in found["claif-b"].parts] == [
        ("claif.providers", False),
        ("claif.commands", True),
    ]


async def test_a_plugin_for_another_version_is_not_imported(site: Site) -> None:
    site.hooks("claif-old", GOOD, requires=["claif<2"])
    site.hooks("claif-z", GOOD)
    found = await audits(site)
    assert found["claif-old"].parts == ()
    assert "claif <2" in found["claif-old"].problems[0]
    assert found["claif-old"].hint
    assert found["claif-z"].ok


async def test_a_name_that_two_claim_is_a_problem_of_both(site: Site) -> None:
    source = "from claif.api import Provider\nclass P(Provider):\n    async def query(self, query, emit): pass\n"
    for name in ("claif-a", "claif-b"):
        module = name.replace("-", "_")
        site.install(name, {"claif.providers": {"same": f"{module}:P"}}, modules={module: source})
    found = await audits(site)
    assert not found["claif-a"].ok
    assert not found["claif-b"].ok
    assert "claimed by claif-a and claif-b" in found["claif-a"].problems[0]


async def test_what_is_switched_off_is_checked_only_when_it_is_named(site: Site) -> None:
    site.hooks("claif-a", GOOD)
    assert await audits(site, disable=("claif-a",)) == {}
    assert (await audits(site, "Claif_A", disable=("claif-a",)))["claif-a"].parts[0].hooks


async def test_a_name_that_is_not_installed_is_an_error_with_the_nearest(site: Site) -> None:
    site.hooks("claif-good", GOOD)
    with pytest.raises(PluginError) as caught:
        await audits(site, "claif-goood")
    assert "claif-good" in (caught.value.hint or "")


async def test_the_audit_is_json_data(site: Site) -> None:
    site.hooks("claif-a", GOOD)
    data = (await audits(site))["claif-a"].to_dict()
    assert data["ok"] is True
    assert data["parts"][0]["hooks"] == ("claif_query_finished",)
