"""Whether a text is one that an English model can read: its script and its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass

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
_SIGNS = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF]|[:;=][-']?[)(\]\[DPp/\\|]|<3")


@dataclass(frozen=True)
class Readability:
    """How far an English model can read a text.

    Parameters
    ----------
    words
        How many words there are, emoji and emoticons counted in.
    known
        Share in [0, 1] of the words that the model knows whole.
    reason
        Why it cannot be read at all, in a sentence; None if it can.
    """

    words: int
    known: float
    reason: str | None = None


def readability(text: str, vocabulary: Container[str]) -> Readability:
    """Return how far a model of English can read a text.

    Languages in other scripts are told by their letters; those in Latin letters by their
    commonest words and by how few of their words the model knows. A text of one or two words is
    given the benefit of the doubt.

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
    >>> readability("Ich bin nicht sehr froh", {"i", "am"}).reason
    'it does not look like English, which the text model reads'
    >>> readability("?!", set()).reason
    'there are no words in it'
    """
    bare = _NOT_WORDS.sub(" ", text)
    words = [w.replace("’", "'") for w in _WORD.findall(bare.lower())]
    signs = _SIGNS.findall(bare)
    if not words and not signs:
        return Readability(0, 0.0, "there are no words in it")
    foreign = _foreign_script(bare)
    if foreign is not None:
        reason = f"it is written in {foreign} letters; the text model reads English"
        return Readability(len(words), 0.0, reason)
    if not words:
        return Readability(len(signs), 1.0)
    known = sum(_is_known(w, vocabulary) for w in words) / len(words)
    if len(words) >= 3:
        english = sum(w in _ENGLISH for w in words)
        other = sum(w in _OTHER and w not in _AMBIGUOUS for w in words)
        accents = sum(
            any(ord(c) > 127 and c.isalpha() for c in w) for w in words if not w.isascii()
        )
        # Each line is a way of not being English that English texts hardly ever show.
        odd = other + accents > 1.5 * english and other + accents >= 2
        few = known < 0.4 and english / len(words) < 0.1
        if odd or (few and _strange(words, vocabulary) >= 4):
            return Readability(
                len(words), known, "it does not look like English, which the text model reads"
            )
    return Readability(len(words) + len(signs), known)


def _is_known(word: str, vocabulary: Container[str]) -> bool:
    # The model writes "don't" as "don", "'", "t", and drops accents.
    if word in vocabulary:
        return True
    plain = word
    if not word.isascii():
        letters = unicodedata.normalize("NFD", word)
        plain = "".join(c for c in letters if unicodedata.category(c) != "Mn")
    return all(part in vocabulary for part in plain.split("'") if part)


def _strange(words: Iterable[str], vocabulary: Container[str]) -> int:
    """Count different unknown words; "waaay" is English, though no word list has it."""
    return len({w for w in words if not _is_known(_STRETCHED.sub(r"\1", w), vocabulary)})


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
