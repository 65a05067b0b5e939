"""The two models that Inspect reaches offline: ``affectkit/local`` and ``affectkit/replay``.

``inspect eval TASK --model affectkit/local -M threads=2`` asks the small model on this disk;
``--model affectkit/replay -M file=answers.jsonl`` reads answers that were recorded before, by
the id of the sample or by the prompt. Both tell how many tokens they used, so nothing is fetched
to count them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from affectkit.errors import AffectkitError
from affectkit.llm.local import NAME, Answer, LocalModel
from affectkit.llm.replay import RecordedAnswers

_MOST_TOKENS = 256


@modelapi(name="affectkit")
def affectkit_model() -> type[ModelAPI]:
    """Return the class behind the models whose names begin with ``affectkit/``."""
    return AffectkitModel


class AffectkitModel(ModelAPI):
    """A model that needs no network.

    Parameters
    ----------
    model_name
        ``"local"`` or ``"replay"``.
    base_url, api_key
        Not used.
    config
        How to generate; only ``max_tokens``, ``stop_seqs`` and ``seed`` count.
    **model_args
        ``gguf``, ``threads`` and ``context`` for the local one (see
        `affectkit.llm.local.LocalModel`); ``file`` for the recorded one.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        self._alone = anyio.Lock()
        self._local: LocalModel | None = None
        self._recorded: RecordedAnswers | None = None
        allowed = {"local": {"gguf", "threads", "context"}, "replay": {"file"}}.get(model_name)
        if allowed is None:
            raise AffectkitError(
                f"there is no model affectkit/{model_name}",
                remedy="use affectkit/local or affectkit/replay",
            )
        unknown = sorted(set(model_args) - allowed)
        if unknown:
            raise AffectkitError(
                f"affectkit/{model_name} takes no {', '.join(unknown)}",
                remedy=f"it takes {', '.join(sorted(allowed))}",
            )
        if model_name == "local":
            self._local = LocalModel(**model_args, seed=config.seed or 0)
        elif "file" not in model_args:
            raise AffectkitError(
                "affectkit/replay needs the file with the answers",
                remedy="add -M file=answers.jsonl",
            )
        else:
            self._recorded = RecordedAnswers.read(model_args["file"])

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Return the answer with its usage."""
        if self._recorded is not None:
            # What was recorded is told whatever the settings; the file is what is judged.
            answer = self._recorded.answer(plain(input), item=_sample_id())
            return _output("affectkit/replay", answer)
        assert self._local is not None
        if tools:
            raise AffectkitError("affectkit/local calls no tools", remedy="use another model")
        if config.temperature:
            raise AffectkitError(
                f"affectkit/local answers at temperature 0, not {config.temperature}",
                remedy="leave the temperature out",
            )
        local, messages = self._local, plain(input)
        async with self._alone:
            answer = await anyio.to_thread.run_sync(
                lambda: local.generate(
                    messages,
                    max_tokens=config.max_tokens or _MOST_TOKENS,
                    stop=config.stop_seqs or (),
                )
            )
        return _output(NAME, answer)

    def max_connections(self) -> int:
        """One answer at a time: more would only share the same processor."""
        return 1 if self._local is not None else 100

    def should_retry(self, ex: BaseException) -> bool:
        """Nothing here passes by waiting."""
        return False

    def close(self) -> None:
        """End the process of the local model."""
        if self._local is not None:
            self._local.close()

    async def aclose(self) -> None:
        """End the process of the local model."""
        self.close()


def plain(messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    """Return messages as roles and texts.

    Raises
    ------
    AffectkitError
        If one holds images, sound or what a tool said.
    """
    for message in messages:
        content = message.content
        if message.role == "tool" or (
            not isinstance(content, str) and any(part.type != "text" for part in content)
        ):
            raise AffectkitError(
                "affectkit's own models read text only", remedy="use a multimodal model"
            )
    return [{"role": message.role, "content": message.text} for message in messages]


def _output(model: str, answer: Answer) -> ModelOutput:
    reason = "max_tokens" if answer.finish == "length" else "stop"
    output = ModelOutput.from_content(model, answer.text, stop_reason=reason)  # type: ignore[arg-type]
    output.usage = ModelUsage(
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        total_tokens=answer.input_tokens + answer.output_tokens,
    )
    return output


def _sample_id() -> str | int | None:
    """Return the id of the sample at hand; Inspect tells it to those who ask while it runs."""
    from inspect_ai.solver._task_state import sample_state

    state = sample_state()
    return None if state is None else state.sample_id
