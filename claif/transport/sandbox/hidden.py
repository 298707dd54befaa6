"""What a child must not read: keys and logins of the user, `.env` files of the project, sockets of other programs."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from .mounts import Kind, Mount
from .paths import may_be_reached, real_path

FOLDERS = (
    *(".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".oci", ".password-store", ".terraform.d"),
    *(".config/gh", ".config/glab-cli", ".config/gcloud", ".config/op", ".config/rclone", ".config/sops"),
    *(".config/containers", ".config/doctl", ".config/hub", ".config/Bitwarden CLI"),
    *(".config/google-chrome", ".config/chromium", ".config/BraveSoftware", ".config/microsoft-edge", ".mozilla"),
    *(".local/share/keyrings", ".local/share/kwalletd", ".local/share/python_keyring"),
    *("Library/Keychains", "Library/Cookies"),
)
FILES = (
    *(".netrc", "_netrc", ".git-credentials", ".config/git/credentials", ".npmrc", ".yarnrc.yml", ".pypirc"),
    *(".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", ".composer/auth.json", ".m2/settings.xml"),
    *(".gradle/gradle.properties", ".pgpass", ".my.cnf", ".vault-token", ".terraformrc", ".s3cfg", ".boto"),
    *(".Xauthority", ".ICEauthority", ".cache/huggingface/token"),
    *(".bash_history", ".zsh_history", ".python_history", ".node_repl_history", ".psql_history", ".mysql_history"),
    *(".local/share/fish/fish_history", ".codex/auth.json", ".gemini/oauth_creds.json", ".claude/.credentials.json"),
)
"""Relative to the home of a user; an agent's own login is in its state, which it keeps."""

OF_ROOT = ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers")

EXAMPLES = (".example", ".sample", ".template", ".dist")
"""Ends of `.env` files that hold no secrets, and are often part of the project."""
_DEEPEST = 3
_MOST_FOLDERS = 500
_PASSED_OVER = frozenset((".git", "node_modules", ".venv", "venv", "__pycache__", ".tox", "target", "dist"))


def secrets(homes: Iterable[Path], claif_home: Path, kept: Iterable[Path], *, root: bool) -> Iterator[Mount]:
    """What hides keys and logins, where there are any.

    Args:
        homes: the user's home, and the child's if it is another one.
        claif_home: Claif's own folder, with stored keys.
        kept: what the child may see all the same: its own state.
        root: whether we are root, who may read the system's secrets.
    """
    own = [real_path(path, strict=False) for path in kept]
    places = [claif_home]
    for home in dict.fromkeys(homes):
        places += [home / name for name in (*FOLDERS, *FILES)]
    if root:
        places += [Path(place) for place in OF_ROOT]
        places += Path("/etc/ssh").glob("ssh_host_*_key")
    for place in places:
        mount = covering(place)
        if mount is not None and not any(mount.path.is_relative_to(path) for path in own):
            yield mount


def covering(place: Path) -> Mount | None:
    """What hides a place, if it is there; a symbolic link's target is what gets hidden."""
    try:
        mode = place.stat().st_mode
        path = real_path(place)
    except OSError:
        return None
    if not may_be_reached(path):
        return None  # Neither may the child, nor could bubblewrap cover it.
    return Mount(path, Kind.EMPTY if stat.S_ISDIR(mode) else Kind.BLANK)


def environment_files(folder: Path) -> Iterator[Path]:
    """`.env` and `.env.*` files in a folder, three levels deep; those of large projects as far as 500 folders go."""
    folders = [(folder, 1)]
    for count, (place, depth) in enumerate(folders):
        try:
            entries = list(os.scandir(place))
        except OSError:
            continue
        for entry in entries:
            if is_environment_file(entry.name):
                yield Path(entry.path)
            elif depth < _DEEPEST and count + len(folders) < _MOST_FOLDERS and _is_searched(entry):
                folders.append((Path(entry.path), depth + 1))


def is_environment_file(name: str) -> bool:
    """Whether a file of this name holds variables, which often are secrets."""
    return (name == ".env" or name.startswith((".env.", ".envrc"))) and not name.endswith(EXAMPLES)


def _is_searched(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.name not in _PASSED_OVER and entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def sockets(listed: Iterable[str]) -> Iterator[Path]:
    """Sockets of other programs in the file system; whoever reaches one can have that program do things.

    Args:
        listed: the lines of `/proc/net/unix`.
    """
    for line in listed:
        columns = line.rstrip("\n").split(None, 7)
        if len(columns) > 7 and columns[7].startswith("/"):  # noqa: PLR2004 - the path is the eighth
            with suppress(OSError, ValueError):
                found = real_path(columns[7])
                if stat.S_ISSOCK(found.stat().st_mode):
                    yield found
