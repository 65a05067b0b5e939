"""What a post feels, what its readers feel in reply, and the gap between the two, as numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectkit.affect import LabelSet
from affectkit.perceive.text_model import TextModel

Floats = NDArray[np.float64]
Feel = Callable[[Sequence[str]], Floats]
"""Texts to what a model says of their emotion [shape=(n, k)]."""

EARLIEST = 100
"""Replies that are looked at (Zhang et al. 2021, section 3.3)."""
_NEGATIONS = frozenset(
    "no not never none nobody nothing neither nor nowhere cannot cant without hardly scarcely "
    "barely isnt arent wasnt werent dont doesnt didnt wont wouldnt couldnt shouldnt aint".split()
)
_DEGREES: Mapping[str, float] = {
    **dict.fromkeys("very really so too extremely totally absolutely completely such".split(), 1.5),
    **dict.fromkeys("most utterly incredibly terribly highly deeply damn fucking".split(), 1.75),
    **dict.fromkeys("quite rather pretty fairly".split(), 1.2),
    **dict.fromkeys("slightly somewhat barely little kinda sorta".split(), 0.6),
}
_PERSONS = (
    frozenset("i me my mine myself we us our ours ourselves im ive".split()),
    frozenset("you your yours yourself yourselves youre u ur".split()),
    frozenset(
        "he him his she her hers it its they them their theirs himself herself themselves".split()
    ),
)
_SMILES = re.compile(r"[:;=8xX]-?[)\]DPp]+|<3|\^_*\^|[\U0001F600-\U0001F60F\U0001F970❤♥]")
_FROWNS = re.compile(r"[:;=8]['’]?-?[(\[/\\|]+|[\U0001F610-\U0001F635\U0001F620-\U0001F62D💔]")
_EMOJI = re.compile(r"[\U0001F300-\U0001FAFF☀-➿]")
_MARKS = (r"!", r"\?", r",", r"(?<!\.)\.(?!\.)", r"\.{2,}|…")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NOISE = re.compile(r"https?://\S+|@\w+")

AUXILIARY = (
    "smiling", "frowning", "emoji", "exclamation", "question", "comma", "full stop", "ellipsis",
    "positive words", "negative words", "degree words", "negations",
    "first person", "second person", "third person", "upper case",
)  # fmt: skip
"""Names of what `auxiliary` counts."""
LEXICAL = ("lexicon positive", "lexicon negative", "lexicon balance")


@dataclass(frozen=True)
class EmotionVector:
    """Turns texts into emotion vectors: a model's view, rated words, and signs of arousal.

    Parameters
    ----------
    lexicon
        Words with a rating, positive or negative, such as `affectkit.data.vader.lexicon`.
    feel
        What a model says of texts; if None, the 28 probabilities and the valence, arousal and
        dominance of the shipped text model.
    names_felt
        Names of the columns of `feel`.

    References
    ----------
    Zhang, X. et al. (2021). Mining dual emotion for fake news detection. WWW, section 3.

    Examples
    --------
    >>> vector = EmotionVector({"good": 1.9}, feel=lambda t: np.zeros((len(t), 1)),
    ...                        names_felt=("calm",))
    >>> vector(["very good :)"]).shape == (1, len(vector.names))
    True
    """

    lexicon: Mapping[str, float]
    feel: Feel | None = None
    names_felt: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers."""
        felt = self.names_felt
        if self.feel is None:
            felt = (*LabelSet.load("goemotions28").labels, "valence", "arousal", "dominance")
        return (*felt, *LEXICAL, *AUXILIARY)

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts [shape=(n, len(names))]."""
        if not texts:
            return np.zeros((0, len(self.names)))
        # Links and names of accounts say nothing of emotion, and the model has not seen them.
        plain = [_NOISE.sub(" ", text).strip() for text in texts]
        felt = (self.feel or _shipped())(plain)
        counted = [
            np.concatenate([lexical(t, self.lexicon), auxiliary(t, self.lexicon)]) for t in plain
        ]
        return np.concatenate([felt, np.asarray(counted)], axis=1)


def dual(publisher: Floats, replies: Floats) -> Floats:
    """Return publisher, social and gap emotion of one post, end to end [shape=(5 k,)].

    Social emotion is the mean and the maximum over the replies, zeros if there are none; the
    gap is the publisher's less each of the two (Zhang et al. 2021, equations 8 to 14).

    Parameters
    ----------
    publisher
        Emotion vector of the post [shape=(k,)].
    replies
        Emotion vectors of its replies, earliest first [shape=(n, k)]; the first `EARLIEST`
        count.

    Examples
    --------
    >>> dual(np.array([1.0]), np.array([[0.0], [0.5]])).tolist()
    [1.0, 0.25, 0.5, 0.75, 0.5]
    """
    some = replies[:EARLIEST]
    mean = some.mean(axis=0) if len(some) else np.zeros_like(publisher)
    most = some.max(axis=0) if len(some) else np.zeros_like(publisher)
    return np.concatenate([publisher, mean, most, publisher - mean, publisher - most])


def lexical(text: str, lexicon: Mapping[str, float]) -> Floats:
    """Return the sum of positive, of negative ratings, and their balance in [-1, 1].

    A rating is turned by each negation and scaled by each degree word among the four words
    before it, and the sums are divided by the number of words.

    Parameters
    ----------
    text
        Any text.
    lexicon
        Ratings by word in small letters.

    Examples
    --------
    >>> up, down, balance = lexical("not good", {"good": 2.0}).tolist()
    >>> up, down, balance < 0
    (0.0, 1.0, True)
    """
    words = [_bare(w) for w in _WORD.findall(text.lower())]
    up = down = 0.0
    for at, word in enumerate(words):
        rating = lexicon.get(word, 0.0)
        for before in words[max(0, at - 4) : at] if rating else ():
            rating *= -1.0 if before in _NEGATIONS else _DEGREES.get(before, 1.0)
        up, down = up + max(rating, 0.0), down + max(-rating, 0.0)
    n = max(len(words), 1)
    # Hutto and Gilbert 2014: the sum x goes to x / sqrt(x^2 + 15).
    balance = (up - down) / float(np.hypot(up - down, 15**0.5))
    return np.array([up / n, down / n, balance])


def auxiliary(text: str, lexicon: Mapping[str, float]) -> Floats:
    """Return sixteen shares in [0, 1]: emoticons and marks by character, words by word.

    Parameters
    ----------
    text
        Any text.
    lexicon
        Ratings by word in small letters.

    Returns
    -------
    numpy.ndarray
        [shape=(16,)], in the order of `AUXILIARY`.

    Examples
    --------
    >>> shares = dict(zip(AUXILIARY, auxiliary("I HATE it!", {"hate": -2.7}), strict=True))
    >>> float(shares["exclamation"]), round(float(shares["negative words"]), 2)
    (0.1, 0.33)
    """
    words = _WORD.findall(text)
    small = [_bare(w.lower()) for w in words]
    length, n = max(len(text), 1), max(len(words), 1)
    letters = [c for c in text if c.isalpha()]
    by_character = [len(p.findall(text)) for p in (_SMILES, _FROWNS, _EMOJI)]
    by_character += [len(re.findall(mark, text)) for mark in _MARKS]
    by_word = [
        sum(lexicon.get(w, 0.0) > 0 for w in small),
        sum(lexicon.get(w, 0.0) < 0 for w in small),
        sum(w in _DEGREES for w in small),
        sum(w in _NEGATIONS for w in small),
        *(sum(w in person for w in small) for person in _PERSONS),
    ]
    upper = sum(c.isupper() for c in letters) / max(len(letters), 1)
    return np.array([*(c / length for c in by_character), *(c / n for c in by_word), upper])


def _bare(word: str) -> str:
    """Return a word without the apostrophe that some leave out."""
    return word.replace("'", "").replace("’", "")


def _shipped() -> Feel:
    model = TextModel()

    def feel(texts: Sequence[str]) -> Floats:
        told = model.estimate(texts)
        return np.concatenate([told.probabilities, told.space], axis=1)

    return feel
