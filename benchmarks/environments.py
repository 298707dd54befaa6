"""Virtual environments of the peers from pinned requirements, and of Claif from this tree; made once and used again."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from plugins_of_bench import install_hello, install_plugins

HERE = Path(__file__).parent
ROOT = HERE.parent
PEERS = HERE / ".peers"
SOURCES = ("claif", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")

EXTRAS: dict[str, tuple[tuple[str, ...], Callable[[Path], None] | None]] = {
    "claif": (("plugins/claif-openai",), None),
    "claif-20": (("plugins/claif-openai",), install_plugins),
    "claif-local": (("plugins/claif-openai", "plugins/claif-local"), None),
    "claif-all": (tuple(f"plugins/{path.name}" for path in sorted((ROOT / "plugins").iterdir())), None),
    "hello": ((), install_hello),
}
"""What goes into an environment besides its pinned requirements: plugins of this tree, and a last step."""

REQUIREMENTS = {"claif-20": "claif", "claif-all": "claif-local", "hello": "hello"}
"""Requirement files of environments that are not named after theirs."""

ABOUT = {
    "claif": ("claif", "claif_openai", "httpcore2", "trio"),
    "claif-local": ("xllamacpp",),
    "hello": ("click",),
    "httpcore2": ("httpcore2", "trio"),
    "httpx2": ("httpx2", "httpcore2"),
    "openai": ("openai",),
    "anthropic": ("anthropic",),
    "any-llm": ("any_llm_sdk", "openai"),
    "pydantic-ai": ("pydantic_ai_slim", "openai"),
    "litellm": ("litellm", "openai"),
    "llm": ("llm", "openai"),
}
"""What is measured in each environment, and in brackets what does its work."""

CHILD_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "OTEL_SDK_DISABLED": "true",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "LANG": "C.UTF-8",
    "LLM_USER_PATH": str(PEERS / "home" / "llm"),
    "CLAIF_HOME": str(PEERS / "home" / "claif"),
    "HOME": str(PEERS / "home"),
    "OPENAI_API_KEY": "sk-test",
}
"""Everything a measured process sees: no proxies, no telemetry, no real keys, an own home."""


def child_environment() -> dict[str, str]:
    """The environment of measured processes."""
    Path(CHILD_ENVIRONMENT["HOME"]).mkdir(parents=True, exist_ok=True)
    return {"PATH": os.environ.get("PATH", os.defpath), **CHILD_ENVIRONMENT}


def files_of(folder: Path) -> list[Path]:
    """The files of a source tree that are worth installing."""
    if folder.is_file():
        return [folder]
    skipped = {"__pycache__", "build", "dist"}
    found = [path for path in folder.rglob("*") if path.is_file() and not skipped & set(path.parts)]
    return sorted(path for path in found if ".egg-info" not in str(path))


def trees(name: str) -> list[tuple[Path, list[Path]]]:
    """The distributions of this tree that an environment gets: their folder and files."""
    if not name.startswith("claif"):
        return []
    core = [path for source in SOURCES for path in files_of(ROOT / source)]
    return [(ROOT, core), *((ROOT / plugin, files_of(ROOT / plugin)) for plugin in EXTRAS[name][0])]


@cache
def bin_of(name: str) -> Path:
    """The folder of an environment's commands; made or renewed, once a run, if what it is made of has changed."""
    folder = PEERS / name
    requirements = HERE / "peers" / f"{REQUIREMENTS.get(name, name)}.txt"
    sources = trees(name)
    digest = hashlib.sha256(sys.version.encode() + requirements.read_bytes())
    pins = digest.hexdigest()
    for path in [*(path for _, files in sources for path in files), HERE / "plugins_of_bench.py"]:
        digest.update(path.read_bytes())
    stamp = folder / "stamp"
    known = stamp.read_text().split() if stamp.exists() else ["", ""]
    if known[0] != pins:
        say(f"making the environment {name}")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip(folder, "-r", str(requirements))
    if known != [pins, digest.hexdigest()]:
        for source, files in sources:
            install_copy(folder, source, files)
        if (finish := EXTRAS.get(name, ((), None))[1]) is not None:
            finish(folder)
        stamp.write_text(f"{pins} {digest.hexdigest()}")
    return folder / "bin"


def install_copy(folder: Path, source: Path, files: list[Path]) -> None:
    """Install a distribution as a user would, from a copy so that nothing is built inside the tree."""
    with tempfile.TemporaryDirectory() as name:
        for path in files:
            copy = Path(name, path.relative_to(source))
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
        pip(folder, "--no-deps", "--force-reinstall", name)


def pip(folder: Path, *arguments: str) -> None:
    subprocess.run([str(folder / "bin" / "pip"), "install", "-q", "--no-warn-script-location", *arguments], check=True)


def footprint(name: str) -> tuple[int, float]:
    """Installed packages and MB of them without bytecode, pip and setuptools not counted."""
    site = next((bin_of(name).parent / "lib").glob("python*/site-packages"))
    tools = ("pip", "setuptools", "_distutils_hack", "distutils-precedence", "pkg_resources")
    parts = [part for part in site.iterdir() if not part.name.startswith(tools)]
    files = [path for part in parts for path in ([part] if part.is_file() else part.rglob("*"))]
    size = sum(path.stat().st_size for path in files if path.is_file() and "__pycache__" not in path.parts)
    return sum(part.name.endswith(".dist-info") for part in parts), size / 1e6


def versions() -> list[str]:
    """Versions of the packages that the figures are about, of those environments that were made."""
    found = []
    for environment, packages in ABOUT.items():
        infos = (PEERS / environment / "lib").glob("python*/site-packages/*.dist-info")
        known = dict(info.name.removesuffix(".dist-info").split("-", 1) for info in infos)
        told = [f"{package.replace('_', '-')} {known[package]}" for package in packages if package in known]
        found += [f"{told[0]} ({', '.join(told[1:])})" if len(told) > 1 else told[0]] if told else []
    return found


def say(text: str) -> None:
    """Tell on stderr what is going on."""
    print(f"… {text}", file=sys.stderr, flush=True)
