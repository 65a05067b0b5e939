"""A small language model on this machine: what it answers, and how likely it finds words.

Answers come from llama.cpp in a process of its own; probabilities of words from the same
weights in torch, because llama.cpp tells those of single tokens only. Nothing is drawn at random.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from affectkit.errors import WeightsError
from affectkit.models import weights
from affectkit.optional import require
from affectkit.progress import Progress, silent
from affectkit.worker import Worker

Floats = NDArray[np.float64]
Messages = Sequence[Mapping[str, str]]
"""A conversation: ``{"role": "system" | "user" | "assistant", "content": …}`` in order."""

NAME = "SmolLM2-135M-Instruct"
_PATIENCE_S = 1800.0  # a long prompt on a busy machine takes minutes


@dataclass(frozen=True)
class Answer:
    """What a language model said.

    Parameters
    ----------
    text
        The answer.
    input_tokens, output_tokens
        Length of prompt and answer.
    finish
        ``"stop"``, or ``"length"`` if the answer was cut off.
    """

    text: str
    input_tokens: int
    output_tokens: int
    finish: Literal["stop", "length"]


class LocalModel:
    """A language model whose weights lie on this disk. Constructing one loads nothing.

    Parameters
    ----------
    gguf
        File for llama.cpp; the weights ``language_model`` if None.
    folder
        The same model as transformers reads it; the weights ``language_model_trainable`` if
        both are None. Only probabilities need it.
    threads
        Processor threads. Name no more than are free.
    context
        Tokens that a prompt and its answer may take together.
    batch_size
        Prompts that go through the model at once where probabilities are asked.
    seed
        Of the sampler; nothing is drawn at temperature 0, which is all there is here.

    Examples
    --------
    >>> with LocalModel() as model:  # doctest: +SKIP
    ...     print(model.generate([{"role": "user", "content": "Say hello."}], max_tokens=3).text)
    Hello! I
    """

    def __init__(
        self,
        gguf: str | os.PathLike[str] | None = None,
        *,
        folder: str | os.PathLike[str] | None = None,
        threads: int = 1,
        context: int = 2048,
        batch_size: int = 8,
        seed: int = 0,
    ) -> None:
        self.gguf = gguf
        self.folder = folder
        self.threads = threads
        self.context = context
        self.batch_size = batch_size
        self.seed = seed
        self._worker: Worker | None = None
        self._torch: tuple[Any, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and let the weights go."""
        worker, self._worker, self._torch = self._worker, None, None
        if worker is not None:
            worker.close()

    def generate(
        self, messages: Messages | str, *, max_tokens: int = 128, stop: Sequence[str] = ()
    ) -> Answer:
        """Return the model's answer to a conversation, or its continuation of a plain text.

        Parameters
        ----------
        messages
            The conversation, or a text.
        max_tokens
            Length of the answer at most.
        stop
            Texts at which the answer ends.

        Raises
        ------
        WeightsError
            If the weights are not installed.
        WorkError
            If the prompt is longer than the context, or the model cannot be loaded.
        """
        return self.generate_many([messages], max_tokens=max_tokens, stop=stop)[0]

    def generate_many(
        self,
        prompts: Sequence[Messages | str],
        *,
        max_tokens: int = 128,
        stop: Sequence[str] = (),
        progress: Progress = silent,
    ) -> list[Answer]:
        """Return the answer to each prompt; see `generate`.

        What neighbouring prompts begin with is read once.
        """
        if self._worker is None:
            require("xllamacpp", extra="llm")
            self._worker = Worker(threads=self.threads, timeout_s=_PATIENCE_S)
        told = self._worker.call(
            "affectkit.llm.generation:answer",
            {
                "path": str(self._gguf_file()),
                "prompts": [p if isinstance(p, str) else [dict(m) for m in p] for p in prompts],
                "threads": self.threads,
                "context": self.context,
                "max_tokens": max_tokens,
                "stop": list(stop),
                "seed": self.seed,
            },
            progress,
        )
        return [Answer(**answer) for answer in told]

    def choose(self, messages: Messages | str, options: Sequence[str]) -> Floats:
        """Return how the model divides its answer among options; see `choose_many`."""
        p: Floats = self.choose_many([messages], options)[0]
        return p

    def choose_many(
        self,
        prompts: Sequence[Messages | str],
        options: Sequence[str],
        *,
        against: Messages | str | None = None,
        progress: Progress = silent,
    ) -> Floats:
        """Return the probability of each option, of all options [shape=(n_prompts, n_options)].

        After a conversation, an option is the whole answer, including that it ends there; after
        a plain text, it is the next words (begin it with a space where a space belongs).

        Parameters
        ----------
        prompts
            Conversations or plain texts.
        options
            Answers to choose from.
        against
            A prompt that says nothing of the matter. What the model would say to it is taken
            off, log p(option | prompt) - log p(option | against), so that common words have no
            advantage.
        progress
            Told ``("continuations", done, total)`` in prompts.

        References
        ----------
        Holtzman, A. et al. (2021). Surface form competition. EMNLP: domain conditional
        pointwise mutual information.
        """
        asked = [*prompts, against] if against is not None else list(prompts)
        if len({isinstance(prompt, str) for prompt in asked}) > 1:
            raise ValueError("either all prompts are conversations, or all are plain texts")
        texts = [p if isinstance(p, str) else self.render(p) for p in asked]
        end = "" if not asked or isinstance(asked[0], str) else self._end()
        log_p = self.log_probability_table(texts, [o + end for o in options], progress=progress)
        if against is not None:
            log_p = log_p[:-1] - log_p[-1]
        p: Floats = np.exp(log_p - log_p.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return p

    def log_probabilities(self, prompt: str, continuations: Sequence[str]) -> Floats:
        """Return log p(continuation | prompt) of each, in nats [shape=(n_continuations,)]."""
        log_p: Floats = self.log_probability_table([prompt], continuations)[0]
        return log_p

    def log_probability_table(
        self,
        prompts: Sequence[str],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Floats:
        """Return log p(continuation | prompt), in nats [shape=(n_prompts, n_continuations)].

        Continuations are cut into tokens on their own, so one that is a word of its own begins
        with a space, and the prompt ends without one.

        Parameters
        ----------
        prompts
            Plain texts, or conversations after `render`; of one that is longer than the context
            the end is kept.
        continuations
            Texts; each of one or more tokens.
        progress
            Told ``("continuations", done, total)`` in prompts.

        Raises
        ------
        WeightsError
            If the weights ``language_model_trainable`` are not installed.
        MissingExtraError
            If torch or transformers is missing.
        """
        from affectkit.llm.continuations import continuation_log_probabilities

        model, tokenizer = self.transformer()

        def tokens(texts: Sequence[str]) -> list[list[int]]:
            told = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
            return [list(ids)[-self.context :] for ids in told]

        return continuation_log_probabilities(
            model,
            tokens(prompts) if prompts else [],
            tokens(continuations) if continuations else [],
            batch_size=self.batch_size,
            progress=progress,
        )

    def render(self, messages: Messages) -> str:
        """Return a conversation as the one text that the model sees before it answers."""
        _, tokenizer = self.transformer()
        return str(
            tokenizer.apply_chat_template(
                [dict(m) for m in messages], tokenize=False, add_generation_prompt=True
            )
        )

    def transformer(self) -> tuple[Any, Any]:
        """Return model and tokenizer as transformers knows them, loaded once."""
        if self._torch is None:
            folder = self._torch_folder()
            for name, value in (("HF_HUB_OFFLINE", "1"), ("HF_HUB_DISABLE_TELEMETRY", "1")):
                os.environ.setdefault(name, value)
            torch = require("torch", extra="llm")
            transformers = require("transformers", extra="llm")
            torch.set_num_threads(self.threads)
            transformers.utils.logging.disable_progress_bar()
            how: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
            model = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=torch.float32, use_safetensors=True, **how
            )
            self._torch = model.eval(), transformers.AutoTokenizer.from_pretrained(folder, **how)
        return self._torch

    def _end(self) -> str:
        return str(self.transformer()[1].eos_token or "")

    def _gguf_file(self) -> Path:
        if self.gguf is None:
            return weights.path("language_model")
        file = Path(self.gguf).expanduser()
        if not file.is_file():
            raise WeightsError(f"there is no model file {file}", remedy="name a GGUF file")
        return file

    def _torch_folder(self) -> Path:
        if self.folder is None and self.gguf is None:
            return weights.path("language_model_trainable")
        folder = Path(self.folder or "").expanduser()
        if self.folder is None or not (folder / "config.json").is_file():
            raise WeightsError(
                "probabilities of words need the model as transformers reads it",
                remedy="name the folder with its config.json as `folder`",
            )
        return folder
