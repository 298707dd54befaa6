"""Everything that a plugin may use; what is here stays. Importing this module loads nothing until a name is used."""

from __future__ import annotations

from ._lazy import lazy_exports
from ._version import __version__

_MODULES = {
    ".client": ("Client", "Stream"),
    ".config": ("Config", "ConfigSource", "ProviderSettings", "Secret", "claif_home"),
    ".errors": (
        "AuthenticationError",
        "ClaifError",
        "ClientClosedError",
        "ConfigurationError",
        "ConnectionError",
        "ContentFilterError",
        "ContextLengthError",
        "DependencyError",
        "InstallError",
        "InvalidConfigError",
        "InvalidQueryError",
        "MissingAPIKeyError",
        "ModelNotFoundError",
        "PermissionError",
        "PluginError",
        "ProtocolError",
        "ProviderError",
        "ProviderInitError",
        "ProviderNotFoundError",
        "ProviderRuntimeError",
        "RateLimitError",
        "TimeoutError",
        "TransportError",
    ),
    ".hookspecs": ("hookimpl", "keeps_text"),
    ".models": (
        "ContentBlock",
        "Event",
        "FileBlock",
        "Finished",
        "ImageBlock",
        "Message",
        "ModelInfo",
        "Notice",
        "Options",
        "Query",
        "Reply",
        "Role",
        "Started",
        "TextBlock",
        "TextDelta",
        "TextReset",
        "ThinkingBlock",
        "ThinkingDelta",
        "Timings",
        "Tool",
        "ToolResult",
        "ToolResultBlock",
        "ToolUse",
        "ToolUseBlock",
        "UnknownBlock",
        "UnknownEvent",
        "Usage",
        "UsageReport",
    ),
    ".pipeline.types": ("Emit", "Handler", "Layer", "Middleware", "Slot"),
    ".pipeline.watchdog": ("unwatched",),
    ".protocols.chat_completions": ("NO_QUIRKS", "ChatCompletions", "Quirks"),
    ".provider": ("BaseProvider", "Context", "Provider", "ProviderStatus"),
    ".transport.http": ("HTTP", "Endpoint"),
    ".transport.limits": ("Limits",),
    ".transport.status": ("error_from_response",),
}

_NAMES = {name: module for module, names in _MODULES.items() for name in names}
_NAMES["json_dumps"] = _NAMES["json_loads"] = "._json"

__getattr__, __dir__ = lazy_exports(
    __name__, _NAMES, package="claif", attributes={"json_dumps": "dumps", "json_loads": "loads"}
)
__all__ = ["__version__", *_NAMES]  # noqa: PLE0604 - all are strings
