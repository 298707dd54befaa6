"""A plugin whose provider keeps models in a folder; copied beside a dist-info by the tests."""

from __future__ import annotations

from claif.api import ModelInfo, ModelNotFoundError, Provider, ProviderStatus


class ShelfProvider(Provider):
    """Pulls by writing a file."""

    name = "shelf"
    capabilities = frozenset({"text", "models"})

    @classmethod
    def status(cls, name, settings):
        return ProviderStatus("not installed", "nothing is on the shelf yet")

    async def connect(self):
        raise AssertionError("listing and pulling connect nothing but what they need")

    async def query(self, query, emit):
        raise NotImplementedError

    async def pull(self, model=None, source=None):
        path = self.model_path(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.context.progress("Downloading tiny, MIT", 10, 10)
        path.write_bytes(source.read_bytes() if source else b"from the network")
        return path

    def model_path(self, model=None):
        if model not in {None, "tiny"}:
            raise ModelNotFoundError(f"There is no model {model}.")
        return self.context.home / "models" / "tiny.gguf"


class ListProvider(ShelfProvider):
    """Lists two models, one with control characters in its name."""

    name = "lists"

    async def connect(self):
        pass

    async def models(self):
        return [
            ModelInfo(
                "tiny", self.context.name, context=64, size=12_345_678, installed=True, metadata={"licence": "MIT"}
            ),
            ModelInfo("evil\x1b[2J", self.context.name),
        ]


class PlainProvider(Provider):
    """Has no models to list or pull."""

    name = "plain"

    async def query(self, query, emit):
        raise NotImplementedError
