"""Becomes a fake Node.js, which runs a fake npm: it does what `fake.json` beside it says, and notes what it was told.

It is copied, with the interpreter's path before it, so that it has no imports of Claif's.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

here = pathlib.Path(sys.argv[0]).parent
fake = json.loads((here / "fake.json").read_text())
arguments = sys.argv[1:]
if arguments == ["--version"]:
    print("v" + fake["version"])
    sys.exit(0)
if arguments[:1] == ["-p"]:
    print(json.dumps([fake["version"], str(here / "node")]))
    sys.exit(fake.get("exit", 0))

if arguments[1:] == ["--version"]:
    # A script that this Node.js runs.
    (here / "ran.txt").write_text(arguments[0])
    sys.exit(subprocess.run(["/bin/sh", arguments[0], "--version"]).returncode)

with (here / "asked.jsonl").open("a") as log:
    log.write(json.dumps({"argv": arguments, "cwd": os.getcwd(), "env": dict(os.environ)}) + "\n")
(here / "began").write_text(str(os.getpid()))
for _ in range(int(fake.get("wait", 0) * 100)):
    if (here / "go").exists():
        break
    time.sleep(0.01)
if fake.get("child"):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    (here / "child").write_text(str(child.pid))
    time.sleep(300)
if "code" in fake:
    error = {"error": {"code": fake["code"], "summary": fake.get("summary", "It broke.\nMore."), "detail": ""}}
    print(json.dumps(error), file=sys.stderr if fake.get("old") else sys.stdout)
    print(f"npm error code {fake['code']}", file=sys.stderr)
    sys.exit(1)
if fake.get("crash"):
    print("Segmentation fault", file=sys.stderr)
    sys.exit(139)
package = json.loads(pathlib.Path("package.json").read_text())["dependencies"]["agent"]
integrity = "sha512-registry"
if arguments[1] == "ci":
    integrity = json.loads(pathlib.Path("package-lock.json").read_text())["packages"]["node_modules/agent"]["integrity"]
folder = pathlib.Path("node_modules/agent")
program = folder / fake.get("program", "bin/thing")
program.parent.mkdir(parents=True)
if fake.get("link"):
    program.symlink_to("/bin/true")
elif not fake.get("empty"):
    version = fake.get("gives") or package.rpartition("@")[2].partition("-")[0]
    program.write_text(f"#!/bin/sh\n{fake.get('body') or f'echo thing {version}'}\n")
    program.chmod(0o755)
if not fake.get("silent"):
    lock = {"packages": {"node_modules/agent": {"integrity": fake.get("integrity") or integrity}}}
    pathlib.Path("node_modules/.package-lock.json").write_text(json.dumps(lock))
print("{}")
