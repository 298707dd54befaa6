"""First-party plugins import nothing of Claif but `claif.api`, and built-ins only what a plugin could import too."""

from __future__ import annotations

import pytest

import claif.api
from house.tree import PLUGINS, ROOT, imports, sources


@pytest.mark.parametrize("path", sources(PLUGINS), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_plugin_imports_only_the_api(path) -> None:
    wrong = [
        f"{target} in line {line}"
        for target, line in imports(path, name=".".join(path.relative_to(PLUGINS).with_suffix("").parts[1:]))
        if (target == "claif" or target.startswith("claif.")) and not target.startswith("claif.api.")
    ]
    assert not wrong


def test_every_name_of_the_api_exists_and_is_listed_for_type_checkers() -> None:
    text = (ROOT / "claif" / "api.py").read_text()
    block = text[text.index("if TYPE_CHECKING") : text.index("_MODULES")]
    for name in claif.api.__all__:
        assert getattr(claif.api, name) is not None
        assert name == "__version__" or name in block, f"{name} is not in the TYPE_CHECKING block"
