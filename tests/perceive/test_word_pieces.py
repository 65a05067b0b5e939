"""Word pieces from memory are those of the library, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.perceive.word_pieces import WordPieces

tokenizers = pytest.importorskip("tokenizers")

LETTERS = "abcde glad'gnöÄß ‘’“”–—….,!?#@[]$€^`|~_-5\t\n\r\x00\x7f\u00a0\u200d\u3000😀你好İ"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdeglnou5.,!?'#@[]$^`|~_-’“…–"]
WORDS += ["##a", "##b", "##c", "##d", "##e", "glad", "##ly", "bad", "不", "你"]
LONGEST = 12


def made(**normalised: bool) -> tokenizers.Tokenizer:
    """Return a tokenizer of BERT's kind with a handful of pieces."""
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys(WORDS))}
    model = tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(**normalised)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(WORDS[:5])
    return tokenizer


OURS = WordPieces(made(), LONGEST)
LIBRARY = made()
LIBRARY.enable_truncation(LONGEST)
TEXT = st.text(st.sampled_from(LETTERS), max_size=60) | st.text(max_size=30)


@settings(deadline=None)
@given(st.lists(TEXT | st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), max_size=5))
def test_they_are_the_ones_that_the_library_gives(texts):
    whole = [t.encode("utf-8", "replace").decode() for t in texts]
    assert OURS.numbers(texts) == [e.ids for e in LIBRARY.encode_batch(whole)]


def test_a_tokenizer_of_another_kind_goes_through_the_library():
    cased = WordPieces(made(lowercase=False), LONGEST)
    assert cased.numbers(["GLAD"]) == [[2, 1, 3]]
    assert OURS.numbers(["GLAD"]) != [[2, 1, 3]]


def test_hardly_a_text_needs_the_library_twice(shared_data):
    from affectkit import data, models

    if not models.weights.installed("text_encoder"):
        pytest.skip("weights not installed: affectkit weights install text_encoder")
    file = str(models.weights.path("text_encoder") / "tokenizer.json")
    root = shared_data("text-open/goemotions").parents[1]
    texts = data.read("goemotions", root=root).table["text"].tail(2000).tolist()
    theirs = tokenizers.Tokenizer.from_file(file)
    theirs.no_padding()
    theirs.enable_truncation(128)
    ours = WordPieces(tokenizers.Tokenizer.from_file(file), 128)
    assert ours.numbers(texts) == [e.ids for e in theirs.encode_batch(texts)]
