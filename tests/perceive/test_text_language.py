"""Texts that an English model cannot read are told apart from odd English."""

from __future__ import annotations

import pytest

from affectkit.perceive.text_language import READS, identified, in_context, readability

KNOWN = frozenset(
    "i am so happy that you came it was not good we love this is sad to way no funny".split()
)

ENGLISH = [
    "I am so happy that you came!",
    "lol omg noooo waaay tooo funny",
    "Yay yay yay yay yay",
    "Die hard fans of the band were there",
    "Bartók wrote it and we played it",
    "My café, my naïve résumé, and me",
    "thx 4 the gr8 nite @sam #winning https://t.co/x",
    "no no no no no",
    "Sad.",
]
OTHER = [
    "Ich bin heute sehr traurig und müde.",
    "Das ist nicht so schlimm, aber ich kann nicht mehr.",
    "Je suis très heureux de vous voir.",
    "Il ne faut pas être triste pour une telle chose.",
    "Estoy muy triste porque no pudiste venir.",
    "Non sono felice, perché questo giorno è molto lungo.",
    "Eu não estou muito feliz com isso.",
    "Ik ben niet blij dat het zo is, maar ik ga wel.",
    "Jag är inte glad att det är så.",
    "Bu çok güzel bir gün ama ben üzgünüm.",
]
NAMED = {
    "German": "Das Telefon ist leider schon nach zwei Tagen kaputt gegangen.",
    "French": "Le téléphone est déjà cassé, quelle honte.",
    "Spanish": "El teléfono se rompió a los dos días.",
    "Italian": "Ho paura di quello che succede domani",
    "Portuguese": "O telefone quebrou depois de dois dias.",
    "Dutch": "De telefoon is na twee dagen al kapot.",
    "Finnish": "Olen todella surullinen tänään.",
    "Polish": "Jestem dzisiaj bardzo smutny i zmęczony.",
    "Turkish": "Bugün çok mutluyum çünkü sen geldin.",
    "Hungarian": "Nagyon boldog vagyok, hogy eljöttél.",
    "Romanian": "Sunt foarte fericit că ai venit.",
    "Vietnamese": "Hôm nay tôi rất vui vì bạn đã đến.",
}
SCRIPTS = {
    "Я очень счастлив сегодня": "Cyrillic",
    "今日は本当に嬉しいです": "Japanese",
    "我今天很高兴": "Chinese",
    "أنا سعيد جدا اليوم": "Arabic",
    "나는 오늘 정말 행복해요": "Korean",
    "Είμαι πολύ χαρούμενος": "Greek",
}


@pytest.mark.parametrize("text", ENGLISH)
def test_english_however_odd_is_read(text):
    assert readability(text, KNOWN).reason is None


@pytest.mark.parametrize("text", OTHER)
def test_other_languages_in_latin_letters_are_refused(text):
    assert "English" in readability(text, KNOWN).reason


@pytest.mark.parametrize("language", NAMED)
def test_the_language_is_named(language):
    pytest.importorskip("pycld2")
    assert readability(NAMED[language], KNOWN).reason == f"it looks like {language}; {READS}"


def test_the_identifier_takes_any_text():
    for text in (
        "\x00\x01\x7f\x85 a b c",
        "\ud800 a b",
        "\ufdd0\uffff\ufffe x",
        "a" * 100_000,
        "é",
    ):
        assert len(identified(text)) == 2


def test_where_a_text_may_be_in_another_language_less_is_known_of_it():
    pytest.importorskip("pycld2")
    told, doubtful = (
        readability("I wend a maze", KNOWN),
        readability("Laisse moi tranquille", KNOWN),
    )
    assert doubtful.reason is None
    assert doubtful.known < told.known


def test_short_lines_follow_what_stands_around_them_unless_they_are_english():
    lines = ["Das Telefon ist leider schon kaputt gegangen.", "Schade!", "Was für ein Mist.", "Ok."]
    alone = [readability(line, KNOWN).reason for line in lines]
    assert alone[1] is None
    together = in_context(lines, ["a"] * 4, alone)
    assert all(reason.endswith(READS) for reason in together)
    mixed = [*lines, "I am so sad that it was not good."]
    alone = [readability(line, KNOWN).reason for line in mixed]
    assert in_context(mixed, ["a", "a", "a", "a", "b"], alone)[-1] is None
    # Among English texts a short line stays what it was.
    english = ["I am so happy that you came to see the house."] * 5
    alone = [readability(line, KNOWN).reason for line in [*english, *lines]]
    assert in_context([*english, *lines], [*"bcdef", *"ghij"], alone) == alone


@pytest.mark.parametrize("text", SCRIPTS)
def test_other_scripts_are_named(text):
    assert (
        SCRIPTS[text] in readability(text, KNOWN).reason
        or "Chinese" in readability(text, KNOWN).reason
    )


@pytest.mark.parametrize("text", ["", " ", "...", "12:30", "https://example.org/sad", "@sam", "—"])
def test_what_has_no_words_is_said_to_have_none(text):
    read = readability(text, KNOWN)
    assert (read.words, read.known, read.reason) == (0, 0.0, "there are no words in it")


@pytest.mark.parametrize("text", ["😀", ":)", "<3", "😡😡"])
def test_emoji_and_emoticons_can_be_read(text):
    assert readability(text, KNOWN).reason is None


def test_known_is_the_share_of_known_words():
    assert readability("I am zorblified", KNOWN).known == pytest.approx(2 / 3)


def test_hardly_any_real_english_is_refused(shared_data):
    from affectkit import data

    root = shared_data("text-open/goemotions").parents[1]
    for name in ("goemotions", "emobank", "vader"):
        texts = data.read(name, root=root).table["text"].tail(3000)
        vocabulary = {w for t in texts for w in t.lower().split()}
        read = [readability(t, vocabulary) for t in texts]
        foreign = [r.reason is not None and r.words > 0 for r in read]
        assert sum(foreign) / len(foreign) < 0.004, name
