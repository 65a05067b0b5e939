"""Naming the emotions of a text from a closed list: prompts, reading of answers, scores."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
)
from inspect_ai.scorer import (
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    mean,
    metric,
    scorer,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from numpy.typing import NDArray

from affectkit.data import data_root
from affectkit.data import goemotions as corpus
from affectkit.measure import metrics

Bools = NDArray[np.bool_]
MOST_TOKENS = 24


@dataclass(frozen=True)
class Prompt:
    """A way to ask which emotions of a list a text holds.

    Parameters
    ----------
    name
        What results call it.
    question
        Stands before the text; ``{labels}`` becomes the list.
    system
        The role that the model is given; none if empty.
    lead
        Stands between question and text.
    close
        Stands after the text.
    examples
        Texts with their answers, shown as earlier turns.
    """

    name: str
    question: str
    system: str = ""
    lead: str = "\n\nText: "
    close: str = ""
    examples: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def ask(self, text: str, labels: Sequence[str]) -> str:
        """Return the question about one text.

        Examples
        --------
        >>> Prompt("short", "Which of {labels}?", lead=" ").ask("Hooray!", ["joy", "fear"])
        'Which of joy, fear? Hooray!'
        """
        return self.question.format(labels=", ".join(labels)) + self.lead + text + self.close


_LIST = "{labels}"
PROMPTS: dict[str, Prompt] = {
    prompt.name: prompt
    for prompt in (
        Prompt("naive", f"Which of these emotions does the text express: {_LIST}?"),
        Prompt(
            "role",
            f"Which of these emotions does the text express: {_LIST}?",
            system="You are an expert who labels the emotions of short comments.",
        ),
        Prompt(
            "one word",
            f"Emotions: {_LIST}.\nRead the comment and name the one emotion of the list that its "
            "writer expresses. Answer with that word only; answer neutral if there is none.",
            system="You label the emotions of short comments.",
            lead="\n\nComment: ",
            close="\nEmotion:",
        ),
        Prompt(
            "several words",
            f"Emotions: {_LIST}.\nRead the comment and name every emotion of the list that its "
            "writer expresses, with commas between. Answer neutral if there is none.",
            system="You label the emotions of short comments.",
            lead="\n\nComment: ",
            close="\nEmotions:",
        ),
    )
}


def with_examples(examples: Sequence[tuple[str, str]]) -> Prompt:
    """Return a prompt that shows texts with their answers, as earlier turns."""
    return Prompt(
        "examples",
        "Comment: ",
        system="You label the emotion of short comments. Answer with one word.",
        lead="",
        close="\nEmotion:",
        examples=tuple(examples),
    )


def named_labels(answer: str, labels: Sequence[str]) -> list[str]:
    """Return the labels that an answer names, in the order of the list.

    A label counts where it stands as a word of its own, in upper or lower case.

    Examples
    --------
    >>> named_labels("Joy, and some Relief. Not enjoyment!", ["joy", "fear", "relief"])
    ['joy', 'relief']
    """
    said = answer.lower()
    return [label for label in labels if re.search(rf"\b{re.escape(label.lower())}\b", said)]


def is_valid(answer: str, labels: Sequence[str]) -> bool:
    """Return whether an answer is what was asked for: labels of the list and nothing else.

    Examples
    --------
    >>> is_valid("joy, fear.", ["joy", "fear"]), is_valid("I feel joy", ["joy", "fear"])
    (True, False)
    """
    said = [part.strip(" .\"'*\n") for part in re.split(r"[,;/\n]|\band\b", answer.lower())]
    said = [part for part in said if part]
    return bool(said) and set(said) <= {label.lower() for label in labels}


def repaired_labels(
    answer: str, labels: Sequence[str], near: Mapping[str, str] | None = None
) -> list[str]:
    """Return the labels an answer names, or, if there are none, those its words come near to.

    Parameters
    ----------
    answer
        What the model said.
    labels
        The list.
    near
        Word to label; `near_words` of GoEmotions if None.

    Examples
    --------
    >>> repaired_labels("She sounds thankful", ["gratitude", "joy"])
    ['gratitude']
    """
    found = named_labels(answer, labels)
    if found:
        return found
    words = re.findall(r"[a-z]+", answer.lower())
    table = near_words() if near is None else near
    meant = {table[word] for word in words if word in table}
    return [label for label in labels if label in meant]


def near_words() -> dict[str, str]:
    """Return words that models say instead of a GoEmotions label, and the label they mean.

    They are other forms of the labels (``admire``, ``sadly``) and plain words for the same
    (``happy``, ``thankful``), written down by us before any answer was seen.

    Examples
    --------
    >>> near_words()["thankful"]
    'gratitude'
    """
    return dict(_NEAR)


def _near() -> dict[str, str]:
    forms = {
        "admiration": "admire admires admiring admired impressed impressive respect praise",
        "amusement": "amuse amused amusing funny laughter humor humour humorous hilarity",
        "anger": "angry angrily rage fury furious outrage outraged mad hostility",
        "annoyance": "annoy annoyed annoying irritation irritated frustration frustrated",
        "approval": "approve approves approving agreement agree agrees support supportive",
        "caring": "care cares compassion concern concerned sympathy empathy kindness",
        "confusion": "confuse confused confusing puzzled bewildered",
        "curiosity": "curious interest interested wonder wondering inquisitive",
        "desire": "want wants wish wishing longing lust craving",
        "disappointment": "disappoint disappointed disappointing letdown",
        "disapproval": "disapprove disapproves disapproving disagreement disagree criticism",
        "disgust": "disgusted disgusting revulsion repulsed gross contempt",
        "embarrassment": "embarrassed embarrassing shame ashamed awkward",
        "excitement": "excite excited exciting enthusiasm enthusiastic thrill thrilled",
        "fear": "afraid scared fearful fright frightened terror terrified horror",
        "gratitude": "grateful thankful thanks thank appreciation appreciate appreciative",
        "grief": "grieve grieving mourning bereavement",
        "joy": "joyful happy happiness cheerful delight delighted pleasure glad",
        "love": "loving loves affection adoration fondness",
        "nervousness": "nervous anxiety anxious worry worried",
        "optimism": "optimistic hope hopeful",
        "pride": "proud",
        "realization": "realize realise realizing realisation insight",
        "relief": "relieved",
        "remorse": "regret sorry guilt guilty apologetic",
        "sadness": "sad sadly unhappy sorrow depressed unhappiness",
        "surprise": "surprised surprising shock shocked astonishment amazement",
        "neutral": "none neither unemotional indifferent indifference",
    }
    return {word: label for label, words in forms.items() for word in words.split()}


_NEAR = _near()


@solver
def ask(prompt: Prompt, labels: Sequence[str]) -> Solver:
    """Ask about the text with a prompt, showing its examples as earlier turns."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        text = state.input_text
        state.messages = []
        if prompt.system:
            state.messages.append(ChatMessageSystem(content=prompt.system))
        for example, answer in prompt.examples:
            state.messages.append(ChatMessageUser(content=prompt.ask(example, labels)))
            state.messages.append(ChatMessageAssistant(content=answer))
        state.messages.append(ChatMessageUser(content=prompt.ask(text, labels)))
        return await generate(state)

    return solve


@metric
def macro_f1() -> Metric:
    """Mean of the labels' F1, over labels that occur in truth or answers."""

    def compute(scores: list[SampleScore]) -> float:
        told = [score.score.metadata or {} for score in scores]
        labels = sorted({label for t in told for label in (*t["truth"], *t["named"])})
        if not labels:
            return 0.0
        truth = indicators([t["truth"] for t in told], labels)
        return metrics.macro_f1(truth, indicators([t["named"] for t in told], labels))

    return compute


@scorer(metrics=[{"*": [mean()]}, macro_f1()])
def emotion_labels(labels: Sequence[str]) -> Scorer:
    """Score the labels an answer names: F1 of the text, and whether it kept to the list."""

    async def score(state: TaskState, target: Target) -> Score:
        answer = state.output.completion
        truth, named = list(target), named_labels(answer, labels)
        hits = len(set(truth) & set(named))
        return Score(
            value={
                "f1": 2 * hits / (len(truth) + len(named)) if named or truth else 1.0,
                "valid": float(is_valid(answer, labels)),
                "named_none": float(not named),
            },
            answer=", ".join(named),
            metadata={
                "truth": truth,
                "named": named,
                "repaired": repaired_labels(answer, labels),
            },
        )

    return score


@task
def goemotions(
    prompt: str = "one word", split: str = "dev", n: int = 200, seed: int = 0, root: str = ""
) -> Task:
    """Name the emotions of Reddit comments (GoEmotions): 27 and neutral, several may hold.

    Parameters
    ----------
    prompt
        One of `PROMPTS`.
    split
        ``"dev"`` or ``"train"``.
    n
        How many comments are drawn.
    seed
        Of the draw.
    root
        Folder with the data sets; that of ``AFFECTKIT_DATA`` if empty.
    """
    data = corpus.read(Path(root) if root else data_root()).split(split)
    n = min(n, len(data.table))
    rows = np.random.default_rng(seed).choice(len(data.table), n, replace=False)
    table = data.table.iloc[np.sort(rows)]
    truth = table[list(data.labels)].to_numpy(dtype=bool)
    return naming_task(
        table["text"].tolist(), truth, data.labels, PROMPTS[prompt], ids=table["id"].tolist()
    )


def naming_task(
    texts: Sequence[str],
    truth: Bools,
    labels: Sequence[str],
    prompt: Prompt,
    *,
    ids: Sequence[str] | None = None,
) -> Task:
    """Return the task of naming emotions for any texts and labels.

    Parameters
    ----------
    texts
        What is asked about.
    truth
        Which labels hold [shape=(n_texts, n_labels)].
    labels
        The list.
    prompt
        How to ask.
    ids
        Of the texts; their numbers if None.
    """
    samples = [
        Sample(
            id=str(i if ids is None else ids[i]),
            input=text,
            target=[label for label, held in zip(labels, truth[i], strict=True) if held],
        )
        for i, text in enumerate(texts)
    ]
    return Task(
        dataset=MemoryDataset(samples, name="emotion_labels"),
        solver=ask(prompt, list(labels)),
        scorer=emotion_labels(list(labels)),
        config=GenerateConfig(max_tokens=MOST_TOKENS, stop_seqs=["\n"]),
        metadata={"prompt": prompt.name},
    )


def indicators(named: Sequence[Sequence[str]], labels: Sequence[str]) -> Bools:
    """Return lists of labels as true and false [shape=(n, n_labels)].

    Examples
    --------
    >>> indicators([["joy"], []], ["fear", "joy"]).tolist()
    [[False, True], [False, False]]
    """
    return np.array([[label in set(row) for label in labels] for row in named], dtype=bool).reshape(
        len(named), len(labels)
    )
