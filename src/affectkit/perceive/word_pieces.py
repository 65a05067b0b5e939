"""Texts to word pieces, at the price of a look-up for words that were met before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

_REMEMBERED = 200_000
_LONGEST_REMEMBERED = 30
# Of these letters and signs the tokenizer makes words and single signs, and nothing else happens.
_PLAIN = re.compile("[ -~\t\n\r‘’“”–—…]*")
_WORDS = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")


class WordPieces:
    """Cuts texts into the numbers of their word pieces, just as the tokenizer would.

    A tokenizer of BERT's kind treats each word by itself, so a word's pieces can be remembered.
    Texts of other letters than those of English, and tokenizers of another kind, go through the
    library.

    Parameters
    ----------
    tokenizer
        A ``tokenizers.Tokenizer``.
    longest
        Word pieces that are kept of a text, the marks at both ends included.

    References
    ----------
    Devlin et al. (2019). BERT: Pre-training of Deep Bidirectional Transformers for Language
    Understanding; its ``BasicTokenizer`` is what `_WORDS` does to plain text.
    """

    def __init__(self, tokenizer: Any, longest: int) -> None:
        self.tokenizer = tokenizer
        self.longest = longest
        self._known: dict[str, list[int]] = {}
        tokenizer.no_padding()
        tokenizer.enable_truncation(longest)
        marks: list[int] = tokenizer.encode("").ids
        self._ends = marks if len(marks) == 2 and _is_plain_bert(tokenizer) else None

    def numbers(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the piece numbers of each text, with the marks at both ends."""
        if self._ends is None:
            return self._by_library(texts)
        first, last = self._ends
        most = self.longest - 2
        look_up = self._known.get
        out: list[list[int]] = []
        others: list[int] = []
        for i, text in enumerate(texts):
            if "[" in text or _PLAIN.fullmatch(text) is None:
                others.append(i)
                out.append([])
                continue
            # A word has one piece or more, so words past the limit change nothing.
            words = _WORDS.findall(text.lower())[:most]
            found = [look_up(word) for word in words]
            if None in found:
                found = [look_up(word) or self._learn(word) for word in words]
            pieces = list(chain.from_iterable(found))  # type: ignore[arg-type]
            out.append([first, *pieces[:most], last])
        if others:
            told = self._by_library([texts[i] for i in others])
            for i, pieces in zip(others, told, strict=True):
                out[i] = pieces
        return out

    def _learn(self, word: str) -> list[int]:
        pieces: list[int] = self.tokenizer.encode(word, add_special_tokens=False).ids
        if len(word) <= _LONGEST_REMEMBERED and len(self._known) < _REMEMBERED:
            self._known[word] = pieces
        return pieces

    def _by_library(self, texts: Sequence[str]) -> list[list[int]]:
        # Half of a pair of surrogates, as broken files have them, is no character to the library.
        whole = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(whole)]


def _is_plain_bert(tokenizer: Any) -> bool:
    """Whether it lower-cases, splits off every sign, and has marks in brackets only."""
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    normalizer = tokenizer.normalizer
    return (
        isinstance(normalizer, BertNormalizer)
        and normalizer.lowercase
        and normalizer.clean_text
        and isinstance(tokenizer.pre_tokenizer, BertPreTokenizer)
        and all(t.content.startswith("[") for t in tokenizer.get_added_tokens_decoder().values())
    )
