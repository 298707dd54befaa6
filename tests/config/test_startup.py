"""Reading the configuration loads nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = "cattrs trio tomlkit loguru difflib asyncio httpcore2 rich pluggy hmac email urllib.request"

PROGRAM = """
import sys
from pathlib import Path
from claif.config import ConfigLoader, ProviderSettings, load_config
{extra}
home = Path(sys.argv[1])
config = ConfigLoader.read(home=home, environ={{"CLAIF_TIMEOUT": "5"}}, cwd=home).build()
settings = config.settings("a", ProviderSettings)
assert settings.api_key.reveal() == "sk" and settings.options == {{"temperature": 0.5}}
print(" ".join(name for name in {heavy!r}.split() if name in sys.modules))
"""


@pytest.mark.parametrize("extra", ["", "from claif.config import ConfigSource, load_sources"])
def test_a_configuration_without_mistakes_loads_nothing_heavy(tmp_path, extra):
    (tmp_path / "config.toml").write_text('[providers.a]\napi_key = "sk"\nmodel = "m"\noptions.temperature = 0.5\n')
    (tmp_path / ".claif.toml").write_text('general.output = "json"\n')
    program = PROGRAM.format(heavy=HEAVY, extra=extra)
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_without_files_not_even_a_toml_parser_is_loaded(tmp_path):
    program = (
        "import sys; from pathlib import Path; from claif.config import load_config; home = Path(sys.argv[1])\n"
        "load_config(home=home, environ={}, cwd=home)\n"
        "print('tomllib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
