"""Templates of the files that every new plugin has: metadata, the way to test it, and what it is for."""

from __future__ import annotations

SETUP_CFG = """\
[metadata]
name = {{distribution}}
version = 0.1.0
description = {{summary}}
long_description = file: README.md
long_description_content_type = text/markdown

[options]
packages = {{package}}
python_requires = >=3.11
install_requires =
{{requirements}}

[options.package_data]
{{package}} = py.typed

[options.entry_points]
{{entry_points}}

[options.extras_require]
test =
    claif[testing]>=2.0.0.dev0,<3
"""

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = ["-p", "claif.testing.pytest_plugin"]
filterwarnings = ["error"]
"""

TOX = """\
[tox]
env_list = py311, py312, py313
skip_missing_interpreters = true

[testenv]
extras = test
commands = python -m pytest {posargs}
"""

README = """\
# {{distribution}}

{{summary}}.

## Use

{{use}}

`claif plugins list` shows what the plugin brings.

## Develop

```console
$ pip install -e '.[test]'
$ python -m pytest
$ claif plugins check {{distribution}}
```

`tox` runs the tests on every Python that is installed.
"""

GITIGNORE = """\
__pycache__/
*.egg-info/
.tox/
build/
dist/
"""

CHECK_TEST = '''\
"""The plugin as Claif finds it; install it first: `pip install -e '.[test]'`."""

from __future__ import annotations

import subprocess
import sys


def test_claif_finds_nothing_wrong_with_it() -> None:
    """Each part is imported in a process of its own."""
    command = [sys.executable, "-m", "claif", "plugins", "check", "{{distribution}}", "--timeout", "60"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
'''

PROJECT = {
    ".gitignore": GITIGNORE,
    "README.md": README,
    "pyproject.toml": PYPROJECT,
    "setup.cfg": SETUP_CFG,
    "tests/test_check.py": CHECK_TEST,
    "tox.ini": TOX,
    "{{package}}/__init__.py": '"""{{summary}}."""\n',
    "{{package}}/py.typed": "",
}
"""Path inside the project -> template."""
