"""Everything that a plugin may use; what is here stays. Importing this module loads nothing until a name is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._lazy import lazy_exports
from ._version import __version__ as __version__

if TYPE_CHECKING:
    from . import _json
    from .agents.base import AgentProvider as AgentProvider
    from .agents.base import Driver as Driver
    from .agents.base import Job as Job
    from .agents.conversations import uuid_conversation as uuid_conversation
    from .agents.extras import read_extras as read_extras
    from .agents.history import agent_messages as agent_messages
    from .agents.history import file_text as file_text
    from .agents.one_turn import OneTurn as OneTurn
    from .agents.one_turn import one_text as one_text
    from .agents.programs import agent_program as agent_program
    from .agents.programs import installed_program as installed_program
    from .agents.scripts import script_interpreter as script_interpreter
    from .agents.settings import AgentSettings as AgentSettings
    from .cache.address import StoreAddress as StoreAddress
    from .cache.address import StoreWay as StoreWay
    from .cache.address import store_address as store_address
    from .cache.store import ALL as ALL
    from .cache.store import CacheStore as CacheStore
    from .cache.store import Labels as Labels
    from .cache.store import RowInfo as RowInfo
    from .cache.store import Selection as Selection
    from .cache.store import StoreStats as StoreStats
    from .cache.store import Write as Write
    from .client import Client as Client
    from .client import Stream as Stream
    from .client.outcome import Outcome as Outcome
    from .config import Config as Config
    from .config import ConfigSource as ConfigSource
    from .config import ProviderSettings as ProviderSettings
    from .config import Secret as Secret
    from .config import claif_home as claif_home
    from .config import find_key as find_key
    from .config import missing_key as missing_key
    from .config.files import write_private as write_private
    from .config.redact import redact as redact
    from .config.schema import not_negative as not_negative
    from .config.schema import seconds as seconds
    from .downloads.archive import WheelArchive as WheelArchive
    from .downloads.folder import DownloadFolder as DownloadFolder
    from .downloads.wheels import Wheel as Wheel
    from .downloads.wheels import WheelFetcher as WheelFetcher
    from .errors import AgentNotInstalledError as AgentNotInstalledError
    from .errors import AllFailedError as AllFailedError
    from .errors import AuthenticationError as AuthenticationError
    from .errors import BudgetExceededError as BudgetExceededError
    from .errors import ClaifError as ClaifError
    from .errors import ClientClosedError as ClientClosedError
    from .errors import ConfigurationError as ConfigurationError
    from .errors import ConnectionError as ConnectionError
    from .errors import ContentFilterError as ContentFilterError
    from .errors import ContextLengthError as ContextLengthError
    from .errors import DependencyError as DependencyError
    from .errors import InstallError as InstallError
    from .errors import InvalidConfigError as InvalidConfigError
    from .errors import InvalidQueryError as InvalidQueryError
    from .errors import MissingAPIKeyError as MissingAPIKeyError
    from .errors import ModelNotFoundError as ModelNotFoundError
    from .errors import PermissionError as PermissionError
    from .errors import PluginError as PluginError
    from .errors import ProtocolError as ProtocolError
    from .errors import ProviderError as ProviderError
    from .errors import ProviderInitError as ProviderInitError
    from .errors import ProviderNotFoundError as ProviderNotFoundError
    from .errors import ProviderRuntimeError as ProviderRuntimeError
    from .errors import RateLimitError as RateLimitError
    from .errors import SandboxError as SandboxError
    from .errors import TimeoutError as TimeoutError
    from .errors import TransportError as TransportError
    from .errors import WorktreeError as WorktreeError
    from .finding import Finding as Finding
    from .hookspecs import hookimpl as hookimpl
    from .hookspecs import keeps_text as keeps_text
    from .models import Attempt as Attempt
    from .models import CacheHit as CacheHit
    from .models import ContentBlock as ContentBlock
    from .models import Decision as Decision
    from .models import Diff as Diff
    from .models import EmbeddingLimits as EmbeddingLimits
    from .models import Embeddings as Embeddings
    from .models import Event as Event
    from .models import FileBlock as FileBlock
    from .models import FileChange as FileChange
    from .models import Finished as Finished
    from .models import ImageBlock as ImageBlock
    from .models import Message as Message
    from .models import ModelInfo as ModelInfo
    from .models import Notice as Notice
    from .models import Options as Options
    from .models import PermissionDecided as PermissionDecided
    from .models import PermissionMode as PermissionMode
    from .models import PermissionRequest as PermissionRequest
    from .models import Plan as Plan
    from .models import PlanStep as PlanStep
    from .models import Query as Query
    from .models import Reply as Reply
    from .models import Role as Role
    from .models import Started as Started
    from .models import TextBlock as TextBlock
    from .models import TextDelta as TextDelta
    from .models import TextReset as TextReset
    from .models import ThinkingBlock as ThinkingBlock
    from .models import ThinkingDelta as ThinkingDelta
    from .models import Timings as Timings
    from .models import Tool as Tool
    from .models import ToolResult as ToolResult
    from .models import ToolResultBlock as ToolResultBlock
    from .models import ToolUse as ToolUse
    from .models import ToolUseBlock as ToolUseBlock
    from .models import UnknownBlock as UnknownBlock
    from .models import UnknownEvent as UnknownEvent
    from .models import Usage as Usage
    from .models import UsageReport as UsageReport
    from .models import cosine_similarity as cosine_similarity
    from .models.fences import CodeBlock as CodeBlock
    from .models.fences import code_blocks as code_blocks
    from .pipeline.rewrite import Rewriter as Rewriter
    from .pipeline.rewrite import rewriting as rewriting
    from .pipeline.types import Emit as Emit
    from .pipeline.types import Handler as Handler
    from .pipeline.types import Layer as Layer
    from .pipeline.types import Middleware as Middleware
    from .pipeline.types import Slot as Slot
    from .pipeline.watchdog import unwatched as unwatched
    from .plugin.record import QueryRecord as QueryRecord
    from .protocols.attachments import data_url as data_url
    from .protocols.attachments import text_of_file as text_of_file
    from .protocols.calls import call_event as call_event
    from .protocols.chat_completions import NO_QUIRKS as NO_QUIRKS
    from .protocols.chat_completions import ChatCompletions as ChatCompletions
    from .protocols.chat_completions import Quirks as Quirks
    from .protocols.chat_completions import is_closed_schema as is_closed_schema
    from .protocols.failures import ErrorSource as ErrorSource
    from .protocols.generate_content import GenerateContent as GenerateContent
    from .protocols.messages import MessagesAPI as MessagesAPI
    from .protocols.presets import EVERYTHING as EVERYTHING
    from .protocols.presets import Preset as Preset
    from .protocols.served import Access as Access
    from .protocols.served import PresetProvider as PresetProvider
    from .protocols.served import ServedProvider as ServedProvider
    from .protocols.server import ModelServer as ModelServer
    from .provider import BaseProvider as BaseProvider
    from .provider import Context as Context
    from .provider import Identity as Identity
    from .provider import Provider as Provider
    from .provider import ProviderStatus as ProviderStatus
    from .remote import remote_source as remote_source
    from .routing.shared_state import Claim as Claim
    from .routing.shared_state import Place as Place
    from .routing.shared_state import Rate as Rate
    from .routing.shared_state import Settlement as Settlement
    from .routing.shared_state import SharedState as SharedState
    from .routing.shared_state import Spending as Spending
    from .routing.shared_state import Verdict as Verdict
    from .routing.strategies import Standing as Standing
    from .transport.endpoint import Endpoint as Endpoint
    from .transport.http import HTTP as HTTP
    from .transport.limits import Limits as Limits
    from .transport.process.command import Command as Command
    from .transport.process.command import flag as flag
    from .transport.process.command import identifier as identifier
    from .transport.process.find import find_program as find_program
    from .transport.process.pool_key import PoolKey as PoolKey
    from .transport.process.pool_key import file_identity as file_identity
    from .transport.process.pool_key import pool_key as pool_key
    from .transport.process.process import Process as Process
    from .transport.process.processes import Processes as Processes
    from .transport.process.shelf import Wear as Wear
    from .transport.sandbox.policy import Policy as Policy
    from .transport.sandbox.view import SandboxView as SandboxView
    from .transport.status import clean_message as clean_message
    from .transport.status import error_from_response as error_from_response
    from .worktree.apply import apply_diff as apply_diff

    json_dumps = _json.dumps
    json_loads = _json.loads

_MODULES = {
    ".agents.base": ("AgentProvider", "Driver", "Job"),
    ".agents.conversations": ("uuid_conversation",),
    ".agents.one_turn": ("OneTurn", "one_text"),
    ".agents.extras": ("read_extras",),
    ".agents.history": ("agent_messages", "file_text"),
    ".agents.programs": ("agent_program", "installed_program"),
    ".agents.scripts": ("script_interpreter",),
    ".agents.settings": ("AgentSettings",),
    ".cache.address": ("StoreAddress", "StoreWay", "store_address"),
    ".cache.store": ("ALL", "CacheStore", "Labels", "RowInfo", "Selection", "StoreStats", "Write"),
    ".client": ("Client", "Stream"),
    ".client.outcome": ("Outcome",),
    ".config": (
        "Config",
        "ConfigSource",
        "ProviderSettings",
        "Secret",
        "claif_home",
        "find_key",
        "missing_key",
    ),
    ".config.files": ("write_private",),
    ".config.redact": ("redact",),
    ".config.schema": ("not_negative", "seconds"),
    ".downloads.archive": ("WheelArchive",),
    ".downloads.folder": ("DownloadFolder",),
    ".downloads.wheels": ("Wheel", "WheelFetcher"),
    ".errors": (
        "AgentNotInstalledError",
        "AllFailedError",
        "AuthenticationError",
        "BudgetExceededError",
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
        "SandboxError",
        "TimeoutError",
        "TransportError",
        "WorktreeError",
    ),
    ".hookspecs": ("hookimpl", "keeps_text"),
    ".models": (
        "Attempt",
        "CacheHit",
        "ContentBlock",
        "Decision",
        "EmbeddingLimits",
        "Embeddings",
        "Event",
        "FileBlock",
        "Diff",
        "FileChange",
        "Finished",
        "ImageBlock",
        "Message",
        "ModelInfo",
        "Notice",
        "Options",
        "PermissionDecided",
        "PermissionMode",
        "PermissionRequest",
        "Plan",
        "PlanStep",
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
        "cosine_similarity",
    ),
    ".models.fences": ("CodeBlock", "code_blocks"),
    ".pipeline.rewrite": ("Rewriter", "rewriting"),
    ".pipeline.types": ("Emit", "Handler", "Layer", "Middleware", "Slot"),
    ".pipeline.watchdog": ("unwatched",),
    ".plugin.record": ("QueryRecord",),
    ".protocols.attachments": ("data_url", "text_of_file"),
    ".protocols.calls": ("call_event",),
    ".protocols.chat_completions": ("NO_QUIRKS", "ChatCompletions", "Quirks", "is_closed_schema"),
    ".protocols.failures": ("ErrorSource",),
    ".protocols.generate_content": ("GenerateContent",),
    ".protocols.messages": ("MessagesAPI",),
    ".protocols.presets": ("EVERYTHING", "Preset"),
    ".protocols.served": ("Access", "PresetProvider", "ServedProvider"),
    ".protocols.server": ("ModelServer",),
    ".finding": ("Finding",),
    ".provider": ("BaseProvider", "Context", "Identity", "Provider", "ProviderStatus"),
    ".remote": ("remote_source",),
    ".routing.shared_state": ("Claim", "Place", "Rate", "Settlement", "SharedState", "Spending", "Verdict"),
    ".routing.strategies": ("Standing",),
    ".transport.endpoint": ("Endpoint",),
    ".transport.http": ("HTTP",),
    ".transport.limits": ("Limits",),
    ".transport.process.command": ("Command", "flag", "identifier"),
    ".transport.process.find": ("find_program",),
    ".transport.process.pool_key": ("PoolKey", "file_identity", "pool_key"),
    ".transport.process.process": ("Process",),
    ".transport.process.processes": ("Processes",),
    ".transport.process.shelf": ("Wear",),
    ".transport.sandbox.policy": ("Policy",),
    ".transport.sandbox.view": ("SandboxView",),
    ".transport.status": ("clean_message", "error_from_response"),
    ".worktree.apply": ("apply_diff",),
}

_NAMES = {name: module for module, names in _MODULES.items() for name in names}
_NAMES["json_dumps"] = _NAMES["json_loads"] = "._json"

__getattr__, __dir__ = lazy_exports(
    __name__, _NAMES, package="claif", attributes={"json_dumps": "dumps", "json_loads": "loads"}
)
__all__ = ["__version__", *_NAMES]  # noqa: PLE0604 - all are strings
