"""What runs in the worker that generates text: llama.cpp, one model at a time.

The native code can crash on a damaged file or run out of memory; then only the worker is lost.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Sequence
from typing import Any

from affectkit.errors import WorkError
from affectkit.optional import require
from affectkit.progress import Progress, silent

_loaded: dict[tuple[str, int, int], Any] = {}


def answer(
    path: str,
    prompts: Sequence[Any],
    *,
    threads: int,
    context: int,
    max_tokens: int,
    stop: Sequence[str],
    seed: int,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Return what the model says to each prompt: ``text, input_tokens, output_tokens, finish``.

    Parameters
    ----------
    path
        GGUF file.
    prompts
        Each a text to continue, or a list of messages ``{"role": …, "content": …}``.
    threads
        Processor threads; more than there are free cores make llama.cpp many times slower.
    context
        Tokens that prompt and answer may take together.
    max_tokens
        Tokens of an answer at most.
    stop
        Texts at which an answer ends.
    seed
        Of the sampler; at temperature 0 nothing is drawn.
    progress
        Told ``("answers", done, total)``.
    """
    server = _server(path, threads, context)
    answers = []
    for done, prompt in enumerate(prompts):
        progress("answers", done, len(prompts))
        asked = {
            "temperature": 0.0,
            "seed": seed,
            "stop": list(stop),
            "cache_prompt": True,  # the beginning that prompts share is read once
        }
        if isinstance(prompt, str):
            told = server.handle_completions({"prompt": prompt, "n_predict": max_tokens, **asked})
        else:
            told = server.handle_chat_completions(
                {"messages": prompt, "max_tokens": max_tokens, **asked}
            )
        answers.append(_read(told))
    progress("answers", len(prompts), len(prompts))
    return answers


def _server(path: str, threads: int, context: int) -> Any:
    key = (path, threads, context)
    if key not in _loaded:
        llama = require("xllamacpp", extra="llm")
        _loaded.clear()
        params = llama.CommonParams()
        params.model.path = path
        params.n_ctx = context
        params.n_parallel = 1
        params.n_gpu_layers = 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.offline, params.ui, params.verbosity = True, False, -1
        params.endpoint_slots = params.endpoint_props = False
        # The binding opens a listener that we do not use; nobody else shall either.
        params.api_keys = [secrets.token_hex(16)]
        if os.name == "posix":
            folder = tempfile.TemporaryDirectory(prefix="affectkit-")
            params.hostnames = [os.path.join(folder.name, "unused.sock")]
            _loaded["folder", 0, 0] = folder
        try:
            _loaded[key] = llama.Server(params)
        except (RuntimeError, ValueError) as error:
            _loaded.clear()
            raise WorkError(
                f"{path} could not be loaded as a language model: {error}",
                remedy="affectkit weights install language_model --again, or name another file",
            ) from error
    return _loaded[key]


def _read(told: dict[str, Any]) -> dict[str, Any]:
    if "error" in told:
        problem = told["error"]
        raise WorkError(
            f"the language model took no prompt: {problem.get('message', problem)}",
            remedy="shorten the prompt, or give the model a larger context",
        )
    choice, usage = told["choices"][0], told["usage"]
    text = choice["message"]["content"] if "message" in choice else choice["text"]
    return {
        "text": text or "",
        "input_tokens": usage["prompt_tokens"],
        "output_tokens": usage["completion_tokens"],
        "finish": "length" if choice["finish_reason"] == "length" else "stop",
    }
