"""Only what is needed is in the wheels."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from house.tree import PLUGINS, ROOT

DISTRIBUTIONS = [ROOT, *sorted(path.parent for path in PLUGINS.glob("*/setup.cfg"))]


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_a_wheel_has_its_package_its_metadata_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in files:
        if folder != ROOT or name.startswith("claif/") or "/" not in name:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((folder / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), "."]
    subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    package = "claif" if folder == ROOT else folder.name.replace("-", "_")
    for name in zipfile.ZipFile(wheel).namelist():
        top, _, rest = name.partition("/")
        assert top == package or top.endswith(".dist-info"), name
        assert not {"tests", "__pycache__"} & set(Path(name).parts), name
        assert top != package or rest.endswith((".py", "py.typed")), name
    requirements = (folder / "setup.cfg").read_text()
    assert folder == ROOT or "claif>=2.0.0.dev0,<3" in requirements
