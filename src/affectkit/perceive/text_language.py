"""Whether a text is one that an English model can read: its script, its language, its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

READS = "the text model reads English"
"""How every reason ends that is about the language of a text."""
MOSTLY = 0.6
"""Share of the letters of a text in another language from which its short lines are taken for it
too; of a whole file, the same for the texts in it."""

# The commonest words of written English that are no common words of its neighbours.
_ENGLISH = frozenset(
    "the and that of is it to you was for with have this are be not but my your what they he she "
    "his her we there had were been has would could should will can about when who how why from "
    "which their them just like know think get got really i'm it's don't that's i've can't "
    "you're didn't doesn't i'll he's she's isn't wasn't out up if than because by an as or our "
    "us its did does here where then these those some any very too much well good i".split()
)
# Words that mark other languages in Latin letters, none of them common in English.
_OTHER = frozenset(
    "der und ich nicht das ist ein eine zu mit auf den dem für sie wir ihr auch aber wenn oder "
    "sehr schon heute kann wird habe "
    "le les des est et je vous nous pas une que qui dans pour sur avec mais ne ce cette très "
    "el los las una es por con para pero muy qué como más está yo "
    "il di che è non sono per della mi ti gli questo anche molto ho "
    "o os um uma não eu você mas muito é com isso são ao "
    "het een van ik niet dat zijn voor maar ook wel "
    "och att det som jag är inte på har du med till den av för "
    "og jeg ikke er på til med av det som en "
    "ja ei on se että olen minä mutta "
    "nie się na jest to w z że i jak ale "
    "ve bir bu için çok değil ben ".split()
)
_AMBIGUOUS = frozenset(
    "i to me on in an as is it was so no do he de la a den man die war men en "
    "per ha ti z w o ja du mi som el es le os um er se av med na".split()
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_STRETCHED = re.compile(r"(.)\1{2,}")
_NOT_WORDS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+")
_MAYBE_NO_WORD = re.compile(r"[@#]|://|www\.")
_SIGNS = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF]|[:;=][-']?[)(\]\[DPp/\\|]|<3")
_MAYBE_SIGN = re.compile(r"[:;=<\u2600-\u27BF\U0001F000-\U0001FAFF]")
# The identifier takes neither control characters nor code points that stand for nothing.
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Rare tongues that short English is now and then taken for, and Scots, which is near enough.
_UNLIKELY = frozenset(
    "sco tlh gv xh war la ie ia fy ts na qu gd oc co mi aa vo ha sa st nso".split()
)
_LONGEST_IDENTIFIED = 2000


@dataclass(frozen=True)
class Readability:
    """How far an English model can read a text.

    Parameters
    ----------
    words
        How many words there are, emoji and emoticons counted in.
    known
        Share in [0, 1] of the words that the model knows whole; half of it where the text may
        be in another language.
    reason
        Why it cannot be read at all, in a sentence; None if it can.
    """

    words: int
    known: float
    reason: str | None = None


def readability(text: str, vocabulary: Container[str]) -> Readability:
    """Return how far a model of English can read a text.

    Languages in other scripts are told by their letters; those in Latin letters by Compact
    Language Detector 2 where common English words do not settle it. A text of a word or two is
    given the benefit of the doubt; see `in_context`.

    Parameters
    ----------
    text
        A sentence.
    vocabulary
        The words that the model knows, in lower case.

    Examples
    --------
    >>> readability("I am so glad", {"i", "am", "so", "glad"}).known
    1.0
    >>> readability("Ich bin heute nicht sehr froh", {"i", "am"}).reason
    'it looks like German; the text model reads English'
    >>> readability("?!", set()).reason
    'there are no words in it'
    """
    bare = text if _MAYBE_NO_WORD.search(text) is None else _NOT_WORDS.sub(" ", text)
    lower = bare.lower()
    if "’" in lower:
        lower = lower.replace("’", "'")
    words = _WORD.findall(lower)
    signs = _SIGNS.findall(bare) if _MAYBE_SIGN.search(bare) is not None else []
    if not words and not signs:
        return Readability(0, 0.0, "there are no words in it")
    foreign = _foreign_script(bare)
    if foreign is not None:
        return Readability(len(words), 0.0, f"it is written in {foreign} letters; {READS}")
    if not words:
        return Readability(len(signs), 1.0)
    strange = [w for w in words if w not in vocabulary]
    if strange:
        strange = [w for w in strange if not _is_known(w, vocabulary)]
    known = 1 - len(strange) / len(words)
    english = len([w for w in words if w in _ENGLISH])
    # One word may be a name, and two words that are known are too few to go by.
    if len(words) < (2 if known == 0 else 3) or english >= 0.3 * len(words):
        return Readability(len(words) + len(signs), known)
    other = len([w for w in words if w in _OTHER and w not in _AMBIGUOUS])
    accents = 0 if bare.isascii() else sum(not w.isascii() for w in words)
    language, sure = identified(bare)
    hints = other + accents > 1.5 * english and other + accents >= 2
    few = known < 0.4 and english < 0.1 * len(words)
    if language is not None and (sure or other >= 0.2 * len(words)):
        return Readability(len(words), known, f"it looks like {language}; {READS}")
    # Each line is a way of not being English that English texts hardly ever show.
    if hints or (few and _different(strange, vocabulary) >= 4):
        return Readability(len(words), known, f"it does not look like English; {READS}")
    doubtful = language is not None and known < 0.8
    return Readability(len(words) + len(signs), known / 2 if doubtful else known)


def in_context(
    sentences: Sequence[str], texts: Sequence[object], reasons: Sequence[str | None]
) -> list[str | None]:
    """Return reasons anew, now that each sentence is seen among those around it.

    A short line says little of its language; where most of what stands around it is in another
    one, in its own text or in all of them, it is taken for that too, unless it is plain English.

    Parameters
    ----------
    sentences
        In order [shape=(n,)].
    texts
        Which text each belongs to [shape=(n,)].
    reasons
        What `readability` said of each by itself [shape=(n,)].

    Examples
    --------
    >>> alone = ["it looks like German; the text model reads English", None, None]
    >>> parts = ["Ich bin heute leider gar nicht froh.", "Schade.", "That is so sad."]
    >>> in_context(parts, [1, 1, 1], alone)[1:]
    ['what stands around it is not in English; the text model reads English', None]
    """
    refused = np.array([r is not None and r.endswith(READS) for r in reasons], dtype=bool)
    out = list(reasons)
    if not refused.any() or refused.all():
        return out
    letters = np.fromiter(map(len, sentences), dtype=np.float64, count=len(out))
    kinds = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    which = np.fromiter((kinds[text] for text in texts), dtype=np.intp, count=len(out))
    share = np.bincount(which, letters * refused) / np.maximum(np.bincount(which, letters), 1)
    foreign = share[which] >= MOSTLY
    if letters[refused].sum() >= MOSTLY * letters.sum():
        foreign[:] = True
    for i in np.flatnonzero(foreign & ~refused).tolist():
        if reasons[i] is None and not _plainly_english(sentences[i]):
            out[i] = f"what stands around it is not in English; {READS}"
    return out


def identified(text: str) -> tuple[str | None, bool]:
    """Return the language of a text if it is not English, and whether that is sure.

    Says ``(None, False)`` of English, of what it cannot tell, and where the identifier is not
    installed.

    References
    ----------
    Sites (2013). Compact Language Detector 2, https://github.com/CLD2Owners/cld2.

    Examples
    --------
    >>> identified("Das Telefon ist leider schon kaputt gegangen.")
    ('German', True)
    >>> identified("I am so glad that you came.")
    (None, False)
    """
    detect = _identifier()
    if detect is None:
        return None, False
    data = _UNREADABLE.sub(" ", text[:_LONGEST_IDENTIFIED]).encode("utf-8")
    name, code = detect(data, isPlainText=True)[2][0][:2]
    sure = code != "un"
    if not sure:
        name, code = detect(data, isPlainText=True, bestEffort=True)[2][0][:2]
    if code in ("en", "un") or code in _UNLIKELY:
        return None, False
    return str(name).replace("_", " ").title(), sure


@lru_cache(maxsize=1)
def _identifier() -> Any:
    try:
        import pycld2  # type: ignore[import-untyped,unused-ignore]
    except ImportError:  # there may be no build of it for a machine; words and letters remain
        return None
    return pycld2.detect


def _plainly_english(text: str) -> bool:
    words = _WORD.findall(text.lower().replace("’", "'"))
    return len(words) >= 3 and sum(w in _ENGLISH for w in words) >= 0.3 * len(words)


def _is_known(word: str, vocabulary: Container[str]) -> bool:
    # The model writes "don't" as "don", "'", "t", and drops accents.
    if word in vocabulary:
        return True
    plain = word
    if not word.isascii():
        letters = unicodedata.normalize("NFD", word)
        plain = "".join(c for c in letters if unicodedata.category(c) != "Mn")
    elif "'" not in word:
        return False
    return all(part in vocabulary for part in plain.split("'") if part)


def _different(strange: Iterable[str], vocabulary: Container[str]) -> int:
    """Count different unknown words; "waaay" is English, though no word list has it."""
    return len({w for w in strange if not _is_known(_STRETCHED.sub(r"\1", w), vocabulary)})


def _foreign_script(text: str) -> str | None:
    """Return the script that most letters are of, if it is not Latin."""
    if text.isascii():
        return None
    scripts: dict[str, int] = {}
    letters = 0
    for character in text[:2000]:
        if not character.isalpha():
            continue
        letters += 1
        if character.isascii():
            continue
        script = unicodedata.name(character, "UNKNOWN").split()[0]
        if script not in ("LATIN", "FULLWIDTH", "MATHEMATICAL", "DOUBLE-STRUCK"):
            scripts[script] = scripts.get(script, 0) + 1
    if sum(scripts.values()) * 2 <= letters or not scripts:
        return None
    most = max(scripts, key=lambda s: scripts[s])
    return {
        "CJK": "Chinese",
        "HIRAGANA": "Japanese",
        "KATAKANA": "Japanese",
        "HANGUL": "Korean",
    }.get(most, most.capitalize())
