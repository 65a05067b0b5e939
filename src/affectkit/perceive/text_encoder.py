"""Sentences to features: tokens, batches of like length, an ONNX encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit import models
from affectkit.errors import WeightsError
from affectkit.perceive.word_pieces import WordPieces

LONGEST = 128
"""Word pieces that are read of a sentence, the two marks at its ends included."""
_BATCH = 64
_BATCH_TOKENS = 320  # more would push intermediate arrays out of the cache: a quarter slower


class TextEncoder:
    """Turns sentences into feature vectors, the same whatever stands beside them.

    Nothing is loaded before the first call.

    Parameters
    ----------
    folder
        Folder with ``encoder.onnx`` and ``tokenizer.json``; the installed weights of the role
        ``text_encoder`` if None.
    threads
        Processor threads: batches are encoded side by side, one thread each.

    Examples
    --------
    >>> TextEncoder().encode(["I am glad", "He shouted"]).shape  # doctest: +SKIP
    (2, 1152)
    """

    def __init__(self, folder: Path | None = None, *, threads: int = 1) -> None:
        self.threads = threads
        self._folder = folder
        self._loaded: tuple[WordPieces, Any] | None = None

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the word-piece numbers of each text, with the marks at both ends."""
        return self._load()[0].numbers(texts)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return features [shape=(n, n_features)] of texts, in their order."""
        return self.encode_pieces(self.pieces(texts))

    def encode_pieces(self, pieces: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return features [shape=(n, n_features)] of texts cut into word pieces."""
        _, session = self._load()
        lengths = np.fromiter((len(p) for p in pieces), dtype=np.intp, count=len(pieces))
        padded = "attention_mask" in session.inputs
        batches = list(_batches(lengths, mixed=padded))

        def one(rows: NDArray[np.intp]) -> NDArray[np.float32]:
            ids = np.zeros((len(rows), int(lengths[rows].max())), dtype=np.int64)
            for i, row in enumerate(rows):
                ids[i, : lengths[row]] = pieces[row]
            inputs = {"input_ids": ids}
            if padded:
                seen = np.arange(ids.shape[1])[None, :] < lengths[rows][:, None]
                inputs["attention_mask"] = seen.astype(np.int64)
            return np.asarray(session.run(inputs)[0], dtype=np.float32)

        if self.threads > 1 and len(batches) > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                found = list(pool.map(one, batches))
        else:
            found = [one(rows) for rows in batches]
        if not found:
            return np.zeros((0, 0), dtype=np.float32)
        features = np.empty((len(pieces), found[0].shape[1]), dtype=np.float32)
        for rows, values in zip(batches, found, strict=True):
            features[rows] = values
        return features

    @property
    def vocabulary(self) -> dict[str, int]:
        """The word pieces by their number."""
        words: dict[str, int] = self._load()[0].tokenizer.get_vocab(with_added_tokens=False)
        return words

    def _load(self) -> tuple[WordPieces, Any]:
        if self._loaded is None:
            from tokenizers import Tokenizer

            folder = self._folder or models.weights.path("text_encoder")
            try:
                tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            except Exception as error:  # the library raises no narrower one
                raise WeightsError(
                    f"{folder} holds no tokenizer: {error}",
                    remedy="affectkit weights install text_encoder",
                ) from error
            # Batches are of bounded size. The file is as it should be run: fused any further it
            # would be slower (see its converter).
            session = models.sessions.OnnxSession(
                folder / "encoder.onnx", threads=1, keep_memory=True, rewrite=False
            )
            self._loaded = WordPieces(tokenizer, LONGEST), session
        return self._loaded


def _batches(lengths: NDArray[np.intp], *, mixed: bool) -> Iterator[NDArray[np.intp]]:
    """Group rows of like length, so that little is spent on padding; of one length if not mixed."""
    order = np.argsort(lengths, kind="stable")
    ordered = lengths[order]
    start = 0
    while start < len(order):
        end = min(start + _BATCH, len(order))
        if not mixed:
            end = min(end, int(np.searchsorted(ordered, ordered[start], side="right")))
        size = _BATCH
        # The last of a batch is its longest, so the size is found from the far end.
        while size > 1 and size * int(ordered[min(start + size, end) - 1]) > _BATCH_TOKENS:
            size //= 2
        yield order[start : min(start + size, end)]
        start = min(start + size, end)
