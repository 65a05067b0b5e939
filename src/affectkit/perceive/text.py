"""Text to timeline: the emotion of each sentence, and the words that carried it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from affectkit import models
from affectkit.affect import Conversation, LabelSet, Note, Timeline
from affectkit.affect.timeline import SPACE, SPACE_SD
from affectkit.perceive.sentences import Sentence, sentences
from affectkit.perceive.text_evidence import carrying, word_weights
from affectkit.perceive.text_language import in_context
from affectkit.perceive.text_model import MODEL, TextEstimates, TextModel
from affectkit.perceive.text_timing import sentence_times
from affectkit.progress import Progress, silent

if TYPE_CHECKING:
    from affectkit.media import Recording

_AT_ONCE = 1024
# What one thread reads at a time: the same whatever the threads, so that the answers are too.
_TOGETHER = 256
MOST_EVIDENCE = 1_000
"""Sentences of one conversation for which the carrying words are sought, the surest first: each
costs as much as reading it once for every word in it."""


class TextPerceiver:
    """Reads emotion from sentences; constructing it loads nothing.

    Parameters
    ----------
    threads
        Processor threads.
    evidence
        Whether to look for the words that carried each emotion.
    folder
        Folder of the heads; the shipped model if None.

    Attributes
    ----------
    labels : LabelSet
        ``goemotions28``: several may hold.
    card : ModelCard
        What the model is, its scores and its licence.

    Examples
    --------
    >>> from affectkit.affect import Utterance
    >>> talk = Conversation([Utterance("1", "Ann", "I am so proud of you! But I am tired.")])
    >>> t = TextPerceiver().perceive_conversation(talk)  # doctest: +SKIP
    >>> t.leading.tolist()  # doctest: +SKIP
    ['admiration', 'sadness']
    """

    def __init__(
        self, *, threads: int = 1, evidence: bool = True, folder: Path | None = None
    ) -> None:
        self.threads = threads
        self.evidence = evidence
        self.labels = LabelSet.load("goemotions28")
        self._folder = folder
        # Threads read different sentences; within one reading there is one thread.
        self.model = TextModel(folder, threads=1)

    @property
    def card(self) -> Any:
        """The model's card (`affectkit.models.ModelCard`)."""
        if self._folder is not None:
            return models.read_card(self._folder)
        return models.card(MODEL)

    def perceive(self, recording: Recording, *, progress: Progress | None = None) -> Timeline:
        """Return the emotion of each sentence of a text, transcript or chat.

        Parameters
        ----------
        recording
            A recording with words; of sound alone, transcribe the words first and use
            `perceive_conversation`.
        progress
            Told ``("text", done, total)`` in sentences, then ``("evidence", done, total)``.
        """
        talk = recording.conversation
        if talk is None:
            note = Note("text", "there are no words to read")
            return Timeline.empty(self.labels, notes=(note,))
        return self.perceive_conversation(talk, progress=progress)

    def perceive_conversation(
        self, conversation: Conversation, *, progress: Progress | None = None
    ) -> Timeline:
        """Return the emotion of each sentence of a conversation, a row each.

        Times come from word timings where utterances carry them (``meta["words"]``), else
        from the utterance's own in proportion to the letters. Where utterances have no time,
        ``start_s`` counts sentences and ``provenance["time"]`` is ``"sentences"``.
        """
        report = progress or silent
        timed = conversation.timed and len(conversation) > 0
        rows = list(_rows(conversation, timed))
        table, cut_short = pd.DataFrame(), False
        if rows:
            with self._threads() as start:
                parts: list[TextEstimates] = []
                for part in self._parts(rows, start):
                    report("text", len(parts) * _TOGETHER, len(rows))
                    parts.append(part())
                table = self._frame(rows, _joined(parts))
                if self.evidence:
                    cut_short = self._add_evidence(table, rows, start, report=report)
        report("text", len(rows), len(rows))
        notes = _notes(table, cut_short, timed)
        return Timeline(table, self.labels, self._provenance(timed), conversation, notes)

    def perceive_lines(self, lines: Iterable[str], *, evidence: bool = False) -> Iterator[Timeline]:
        """Yield timelines of lines of text, a thousand sentences each, in flat memory.

        ``utterance`` is the number of the line, from 1; ``start_s`` counts sentences.

        Parameters
        ----------
        lines
            Any stream of lines, such as an open file.
        evidence
            Whether to look for the carrying words, at about the price of reading each sentence
            once for every word in it.

        Examples
        --------
        >>> with open("reviews.txt", encoding="utf-8") as file:  # doctest: +SKIP
        ...     for part in TextPerceiver().perceive_lines(file):
        ...         print(len(part))
        """
        source = _of_texts((str(i), line) for i, line in enumerate(lines, start=1))
        blocks = iter(lambda: list(islice(source, _AT_ONCE)), [])
        return self._stream(blocks, evidence)

    def perceive_blocks(self, blocks: Iterable[Sequence[tuple[str, str]]]) -> Iterator[Timeline]:
        """Yield a timeline for each block of texts; with threads, the next is read meanwhile.

        Parameters
        ----------
        blocks
            Of texts, each after what its rows shall have as ``utterance``; ``start_s`` counts
            sentences over all blocks.

        Examples
        --------
        >>> blocks = [[("1", "I am glad."), ("2", "He is sad.")]]
        >>> for part in TextPerceiver().perceive_blocks(blocks):  # doctest: +SKIP
        ...     print(part.leading.tolist())
        ['joy', 'sadness']
        """

        def cut() -> Iterator[list[_Row]]:
            count = 0
            for block in blocks:
                rows = list(_of_texts(block, count))
                count += len(rows)
                yield rows

        return self._stream(cut(), evidence=False)

    def _stream(self, blocks: Iterator[list[_Row]], evidence: bool) -> Iterator[Timeline]:
        """Yield a timeline for each block of sentences, in flat memory."""
        about = self._provenance(timed=False)
        waiting: deque[tuple[list[_Row], list[Callable[[], TextEstimates]]]] = deque()
        ahead = 1 if self.threads > 1 else 0
        with self._threads() as start:
            while True:
                block = next(blocks, None)
                if block is not None:
                    waiting.append((block, self._parts(block, start)))
                if waiting and (block is None or len(waiting) > ahead):
                    rows, parts = waiting.popleft()
                    frame = pd.DataFrame()
                    if rows:
                        frame = self._frame(rows, _joined([part() for part in parts]))
                        if evidence:
                            self._add_evidence(frame, rows, start, most=len(rows))
                    yield Timeline(frame, self.labels, about)
                elif block is None:
                    return

    def _parts(self, rows: Sequence[_Row], start: _Start) -> list[Callable[[], TextEstimates]]:
        """Have sentences read, so many at a time; each call returns what was found."""
        texts = [sentence.text for *_, sentence, _, _ in rows]
        return [
            start(self.model.estimate, texts[at : at + _TOGETHER])
            for at in range(0, len(texts), _TOGETHER)
        ]

    @contextmanager
    def _threads(self) -> Iterator[_Start]:
        """Give a function that has work done in a thread, or at once if there is but one."""
        if self.threads < 2:

            def later(work: Callable[..., Any], *given: Any) -> Callable[[], Any]:
                return lambda: work(*given)

            yield later
            return
        self.model.estimate([])  # loads everything, once
        pool = ThreadPoolExecutor(self.threads)

        def start(work: Callable[..., Any], *given: Any) -> Callable[[], Any]:
            future: Future[Any] = pool.submit(work, *given)
            return future.result

        try:
            yield start
        finally:
            pool.shutdown(cancel_futures=True)

    def _frame(self, rows: Sequence[_Row], told: TextEstimates) -> pd.DataFrame:
        texts, of = [row[3].text for row in rows], [row[0] for row in rows]
        reasons = in_context(texts, of, told.reasons)
        can_tell = np.array([reason is None for reason in reasons])
        columns: dict[str, Any] = {
            "start_s": [start for *_, start, _ in rows],
            "end_s": [end for *_, end in rows],
            "person": [speaker for _, speaker, *_ in rows],
            "modality": "text",
            "source": MODEL,
        }
        for names, values in (
            (SPACE, told.space),
            (SPACE_SD, told.space_sd),
            (self.labels.labels, told.probabilities),
        ):
            masked = np.where(can_tell[:, None], values, np.nan)
            columns |= dict(zip(names, masked.T, strict=True))
        columns["confidence"] = np.where(can_tell, told.confidence, np.nan)
        columns["spread"] = np.where(can_tell, told.spread, np.nan)
        columns["quality"] = told.quality
        columns["reason"] = reasons
        columns["utterance"] = of
        return pd.DataFrame(columns)

    def _add_evidence(
        self,
        table: pd.DataFrame,
        rows: Sequence[_Row],
        start: _Start,
        most: int = MOST_EVIDENCE,
        report: Progress = silent,
    ) -> bool:
        """Write the carrying words into the table; return whether some were left out."""
        probabilities = table[list(self.labels.labels)].to_numpy(dtype=float)
        leading = np.nan_to_num(probabilities, nan=-1.0).argmax(axis=1)
        neutral = self.labels.index(self.labels.neutral or "neutral")
        told = table["reason"].isna().to_numpy() & (leading != neutral)
        surest = np.argsort(-table["confidence"].to_numpy(dtype=float), kind="stable")
        wanted = np.sort([i for i in surest if told[i]][:most]).astype(int)
        out: list[str | None] = [None] * len(rows)
        parts = [wanted[at : at + 32] for at in range(0, len(wanted), 32)]
        sought = [
            start(
                word_weights,
                [rows[i][3].text for i in part],
                [int(leading[i]) for i in part],
                self.model.probabilities,
            )
            for part in parts
        ]
        for n, (part, found) in enumerate(zip(parts, sought, strict=True)):
            report("evidence", n, len(parts))
            for i, weights in zip(part, found(), strict=True):
                offset = rows[i][3].start
                words = [
                    {
                        "what": w.what,
                        "weight": round(w.weight, 4),
                        "start": w.start + offset,
                        "end": w.end + offset,
                    }
                    for w in carrying(weights)
                ]
                out[i] = json.dumps(words, ensure_ascii=False) if words else None
        if parts:
            report("evidence", len(parts), len(parts))
        table["evidence"] = out
        return bool(told.sum() > len(wanted))

    def _provenance(self, timed: bool) -> dict[str, Any]:
        return {
            "models": [self.card.for_provenance("text")],
            "time": "seconds" if timed else "sentences",
        }


_Row = tuple[str, str, str, Sentence, float, float]
"""Utterance id, speaker, whole text, sentence, start and end."""
_Start = Callable[..., Callable[[], Any]]
"""Has a function called with what follows it; returns what returns the answer."""


def _joined(parts: Sequence[TextEstimates]) -> TextEstimates:
    """Return the estimates of several runs of sentences as one."""
    if len(parts) == 1:
        return parts[0]
    joined = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts])
        for f in fields(TextEstimates)
        if f.name != "reasons"
    }
    return replace(parts[0], **joined, reasons=[r for part in parts for r in part.reasons])


def _of_texts(texts: Iterable[tuple[str, str]], count: int = 0) -> Iterator[_Row]:
    """Yield the sentences of texts without speakers or times, counted on from `count`."""
    for name, text in texts:
        for sentence in sentences(text):
            yield name, "", text, sentence, float(count), float(count + 1)
            count += 1


def _rows(conversation: Conversation, timed: bool) -> Iterator[_Row]:
    count = 0
    for utterance in conversation:
        found = sentences(utterance.text)
        if timed:
            times = sentence_times(utterance, found)
        else:
            times = [(float(count + i), float(count + i + 1)) for i in range(len(found))]
        for sentence, (start, end) in zip(found, times, strict=True):
            yield utterance.id, utterance.speaker, utterance.text, sentence, start, end
        count += len(found)


def _notes(table: pd.DataFrame, cut_short: bool, timed: bool) -> tuple[Note, ...]:
    notes = []
    if len(table):
        for reason, rows in table[table["reason"].notna()].groupby("reason", sort=False):
            n = len(rows)
            which = "one sentence" if n == 1 else f"{n} sentences"
            span = (rows["start_s"].min(), rows["end_s"].max()) if timed else (None, None)
            notes.append(Note("text", f"{which} of {len(table)}: {reason}", *span))
    if cut_short:
        notes.append(
            Note(
                "text", f"carrying words were sought for the {MOST_EVIDENCE} surest sentences only"
            )
        )
    return tuple(notes)
