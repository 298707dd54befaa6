"""Templates of a provider that asks a server over HTTP."""

from __future__ import annotations

SUMMARY = "A provider for Claif: {{name}}"

REQUIREMENTS = """\
    attrs>=24.2
    claif>=2.0.0.dev0,<3"""

ENTRY_POINTS = """\
claif.providers =
    {{name}} = {{package}}.provider:{{stem}}Provider"""

USE = """\
```console
$ pip install .
$ claif config set providers.{{name}}.base_url http://127.0.0.1:8080/v1
$ claif query -p {{name}} "Say hello"
```

The key, if the server wants one: `claif config set providers.{{name}}.api_key '${{{constant}}_API_KEY}'`."""

PROVIDER = '''\
"""The provider: asks a server that speaks chat completions."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from claif.api import ChatCompletions, Context, Emit, Identity, ModelInfo, Provider, ProviderSettings, Query, Secret

BASE_URL = "http://127.0.0.1:8080/v1"
"""Where the server is, unless the configuration says otherwise."""


@frozen(kw_only=True)
class {{stem}}Settings(ProviderSettings):
    """The table `[providers.{{name}}]`; `base_url`, `api_key`, `model` and the time limits are inherited.

    Args:
        organization: sent with every request, as a header.
    """

    organization: str = ""


class {{stem}}Provider(Provider):
    """Asks the server; connections, framing, time limits and the mapping of errors are Claif's."""

    name = "{{name}}"
    capabilities = frozenset({"text", "streaming", "system", "tools", "models"})
    Settings = {{stem}}Settings

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        settings: {{stem}}Settings = context.settings
        headers: list[tuple[str, str | Secret]] = []
        if settings.api_key:
            headers.append(("authorization", Secret(f"Bearer {settings.api_key.reveal()}")))
        if settings.organization:
            headers.append(("x-organization", settings.organization))
        endpoint = context.http.endpoint(
            settings.base_url or BASE_URL,
            headers=headers,
            allow_http=settings.allow_http,
            ca_bundle=settings.ca_bundle,
        )
        self.chat = ChatCompletions(endpoint, provider=context.name, model=settings.model, secret=settings.api_key)

    async def query(self, query: Query, emit: Emit) -> None:
        """Answer a query; each event that arrives is handed to `emit`."""
        await self.chat.query(query, emit)

    async def models(self) -> Sequence[ModelInfo]:
        """The models that the server lists."""
        return await self.chat.models()

    def identity(self, model: str | None) -> Identity:
        """What its answers depend on beside the query, so that they can be cached."""
        settings: {{stem}}Settings = self.context.settings
        more = {"organization": settings.organization}
        return Identity(settings.base_url or BASE_URL, settings.api_key, settings.model, settings=more)
'''

CONFORMANCE_TEST = '''\
"""The promises that every provider makes: order, cancellation, errors, time limits, Unicode, concurrency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.testing import ProviderConformance, ScriptedServer


class Test{{stem}}(ProviderConformance):
    """Claif's own suite, against a server on this machine that misbehaves as its URL says."""

    def settings(self, server: ScriptedServer, **behaviour: object) -> Mapping[str, Any]:
        """The table `[providers.…]` of the provider under test."""
        return {"type": "{{name}}", "base_url": server.url(**behaviour)}
'''

PROVIDER_TEST = '''\
"""What this provider does beside what all do."""

from __future__ import annotations

from claif.api import Client
from claif.testing import ScriptedServer


async def test_the_key_and_the_organization_are_sent() -> None:
    """As headers, as the settings say."""
    async with ScriptedServer() as server:
        settings = {"base_url": server.url(), "model": "m", "api_key": "sesame", "organization": "us"}
        async with Client({"providers": {"{{name}}": settings}}) as client:
            assert (await client.query("Say hello", provider="{{name}}")).text
    headers = server.requests[0].headers
    assert (headers["authorization"], headers["x-organization"]) == ("Bearer sesame", "us")


async def test_its_answers_are_cached_but_not_for_another_organization() -> None:
    """What is asked again is not sent again, if it is the same that answers."""
    async with ScriptedServer() as server:
        common = {"type": "{{name}}", "base_url": server.url(), "model": "m"}
        names = {"one": "us", "same": "us", "other": "them"}
        providers = {name: {**common, "organization": organization} for name, organization in names.items()}
        async with Client({"providers": providers, "cache": {"mode": "read-write", "store": "memory"}}) as client:
            replies = [await client.query("Say hello", provider=name, temperature=0) for name in names]
    assert [reply.cached is not None for reply in replies] == [False, True, False]
    assert len(server.requests) == len({"us", "them"})


async def test_its_models_are_those_of_the_server() -> None:
    """Asked over the network."""
    async with ScriptedServer(models=["small", "large"]) as server:
        settings = {"base_url": server.url()}
        async with Client({"providers": {"{{name}}": settings}}) as client:
            assert [model.id for model in await client.models("{{name}}")] == ["small", "large"]
'''

FILES = {
    "{{package}}/provider.py": PROVIDER,
    "tests/test_conformance.py": CONFORMANCE_TEST,
    "tests/test_provider.py": PROVIDER_TEST,
}
