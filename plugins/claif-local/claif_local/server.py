"""The child process: runs one model behind a private address until its standard input closes.

It is run as a file by an isolated interpreter and imports nothing of Claif, so that it starts fast and sees no more
than it needs. It is told what to do by one line of JSON on standard input, never by arguments, which everybody can
read: `model` (path), `name`, `key`, `socket_path` (the most bytes of the path of a socket), `threads`, `context`
(tokens), `embedding` (whether it turns texts into vectors), `packages` (a folder). A socket lies in the folder for
temporary files, which is for this process alone.
It answers with one line of JSON on standard output: `{"address": …}`, or `{"error": kind, "message": …}`.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from contextlib import suppress
from typing import Any

HEADER = 2**20
"""Bytes of a model's file in which it says what it is."""


def main() -> None:
    """Serve until standard input closes, which also happens when the parent dies, however it dies."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the runtime prints must not be taken for an answer
    config = json.loads(sys.stdin.buffer.readline())
    path = _socket(config["socket_path"])
    threading.Thread(target=_end_with_parent, args=(path,), daemon=True).start()
    try:
        running = _serve(config, path)
        answer = {"address": running.listening_address}
    except ImportError as error:
        answer = {"error": "import", "message": str(error)}
    except Exception as error:
        answer = {"error": "load", "message": str(error)}
    print(json.dumps(answer), file=answers, flush=True)
    threading.Event().wait()


def _socket(most: int) -> str | None:
    path = os.path.join(os.environ["TMPDIR"], "model.sock")
    usable = hasattr(socket, "AF_UNIX") and sys.platform != "win32" and len(os.fsencode(path)) <= most
    return path if usable else None


def _serve(config: dict[str, Any], path: str | None) -> Any:
    if config["packages"] not in sys.path:  # the isolated interpreter leaves out PYTHONPATH and the user's own packages
        sys.path.append(config["packages"])
    from xllamacpp import CommonParams, Server, llama_pooling_type  # type: ignore[import-untyped] # it ships no types

    params = CommonParams()
    params.model.path = config["model"]
    params.model_alias = {config["name"]}
    params.api_keys = [config["key"]]
    if path:
        params.hostnames = [path]
    params.n_ctx = config["context"]
    params.n_parallel = 1
    params.cpuparams.n_threads = config["threads"]
    params.cpuparams_batch.n_threads = config["threads"]
    if config["embedding"]:
        params.embedding = True
        params.n_batch = params.n_ubatch = config["context"]  # a text is embedded in one piece
        if not _pools(config["model"]):
            params.pooling_type = llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.cache_ram_mib = 0
    params.fit_params = False  # it would load the model twice to guess what we say
    params.ui = False
    params.offline = True
    params.verbosity = -1
    return Server(params)


def _pools(model: str) -> bool:
    """Whether the model's file says how the vectors of tokens become one of the text; chat models do not.

    What is said of the architecture (`bert.pooling_type`) stands before the vocabulary, at the beginning of the file:
    https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
    """
    with open(model, "rb") as file:
        return b".pooling_type" in file.read(HEADER)


def _end_with_parent(path: str | None) -> None:
    while os.read(0, 4096):
        pass
    if path:
        with suppress(OSError):
            os.unlink(path)
        with suppress(OSError):
            os.rmdir(os.path.dirname(path))
    os._exit(0)  # there is nothing to save, and the runtime's own way out takes half a second


if __name__ == "__main__":
    main()
