"""Entries over the bus: found by their words in two languages, filtered, in pages."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.journal import DeleteEntry, ListEntries
from contracts.message import Invalid, new_id
from storage.journal import imported, searches
from storage.journal.entries import EntryRow
from storage.journal.searches import Wanted
from tests.rooms.people import NOON, code_of
from tests.rooms.test_journal import texts, write
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio

HOSTILE = (
    "'",
    '"',
    '"open',
    "((((",
    ":*",
    "a:*b & | ! <-> <2>",
    "or or or",
    "- - -",
    "\\",
    "%_%",
    "';DROP TABLE journal.entries;--",
    "\u202e\ufeff\U0001f3c3",
    "x" * 200,
    '"' * 200,
    "a " * 100,
    "the и",
    "http://[::1]:99999/?a=b&c",
    "<script>alert(1)</script>",
)


@pytest.mark.parametrize(
    ("words", "search"),
    [
        ("I was running by the lake", "runs"),
        ("Бегали вокруг озера", "бегать озеро"),
        ("Вчера бежала Running club", "run"),
        ("Ёлка у дома", "елка"),
        ("Елки у домов", "ёлки"),
        ("Вечером пили чай, then sleeping well", "вечер sleeps"),
        ("the blue door", '"blue doors"'),
        ("rain or shine", "snow or shine"),
        ("a <b tag> b", "tags"),
        ("«Грусть» — и всё", "грусть"),
        ("“Sad” ’tis … ¡Hola! and so on", "sad hola tis"),
        ("tired/sad", "sad"),
        ("see file.txt there", "txt"),
        ("see file.txt there", "file.txt"),
        ("a no\xa0break space", "breaks"),
        ("run\U0001f3c3\u200d♂️fast", "fast runs"),
        ("❤️love", "loving"),
        ("the and of", "the"),
        ("и в не", '"и в"'),
        ("read ten_pages", "page"),
        ("mail ann@example.org", "example"),
        ("अच्छा दिन", "अच्छा"),
        ("Καλημέρα, κόσμε!", "κόσμε"),
        ("hy\xadphen", "hyphen"),
        ("и\u0306од", "йод"),
        ("3.14 and 1/2", "3.14 2"),
        ("ＦＵＬＬ width", "full"),
        ("bus №17 was late", "17"),
        ("bus №17 was late", "№ 17"),
        ("the Walkman™ again", "walkman"),
        ("trade mark™", "™"),
        ("2½ litres", "½"),
        ("37℃ at noon", "37"),
        ("37℃ at noon", "37 °C"),
        ("③ done", "3"),
        ("oﬃce day", "office"),
        ("oﬃce day", "oﬃce"),
        ("45㎏ lifted", "kg"),
        ("30 m² swept", "m2"),
        ("a good day 🦊", "🦊"),
        ("won🏆twice", "🏆"),
        ("well 👍🏿 done", "👍"),
        ("well 👍 done", "👍🏽"),
        ("with 👩‍👧 at sea", "👧 sea"),
        ("tea ☕️ alone", "☕"),
        ("first 🥇 of all", '"first of all"'),
    ],
)
async def test_words_are_found_in_all_their_forms(ann: Tracker, words: str, search: str) -> None:
    await write(ann, words)
    await write(ann, "something else, что-то другое")
    assert await texts(ann, search=search) == [words]


@pytest.mark.parametrize(
    "search",
    [
        *("-дождь", "озеро -дождь", '"дождь озеро"', "снег", "lakes"),
        *("-дождь/озеро озёра -озеро", "дождь.озеро", "озеро -“дождь”"),
        *("🦊", "озеро 🦊", "дождь -озеро №"),
    ],
)
async def test_what_is_not_there_or_left_out_is_not_found(ann: Tracker, search: str) -> None:
    await write(ann, "Озёра под дождём")
    await write(ann, "Озеро и дожди")
    assert await texts(ann, search=search) == []


async def test_an_emoji_is_left_out_too(ann: Tracker) -> None:
    await write(ann, "sun ☀️ and sea")
    await write(ann, "sun and snow ❄️")
    assert await texts(ann, search="sun -☀") == ["sun and snow ❄️"]
    for phrase in ('-"sun ☀"', "-sun☀️", '-"☀ sun"', '-"sun and ☀️"'):
        assert await texts(ann, search=f"sun {phrase}") == ["sun and snow ❄️"], phrase
    assert await texts(ann, search='-"☀ ❄" sun') == ["sun and snow ❄️", "sun ☀️ and sea"]
    assert await texts(ann, search='-"snow ☀" or moon') == ["sun and snow ❄️", "sun ☀️ and sea"]
    await write(ann, "tagged", tags=["🏔"])
    assert await texts(ann, search="🏔️") == ["tagged"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("lake or river", {"a lake", "a river", "a lake or none"}),
        ("LAKE OR river", {"a lake", "a river", "a lake or none"}),
        ("lake none or river", {"a river", "a lake or none"}),
        ("lake -none or river", {"a lake", "a river"}),
        ('lake "or"', {"a lake or none"}),
        ("lake or", {"a lake or none"}),
        ("or lake", {"a lake or none"}),
        ("lake -or", {"a lake"}),
        ("or", {"a lake or none"}),
    ],
)
async def test_or_stands_between_what_is_searched(
    ann: Tracker, search: str, found: set[str]
) -> None:
    for words in ("a lake", "a river", "a lake or none"):
        await write(ann, words)
    assert {*await texts(ann, search=search)} == found


async def test_titles_come_before_tags_and_texts(ann: Tracker) -> None:
    await write(ann, "a long text in which the sea comes up once, and much more is told of")
    await write(ann, "tag", tags=["sea"])
    await write(ann, "title", title="The sea")
    found = await texts(ann, search="seas")
    assert [one[:5] for one in found] == ["title", "tag", "a lon"]


async def test_snippets_mark_what_was_found_and_nothing_else(ann: Tracker) -> None:
    await write(ann, 'I & <b>we</b> ran <script>alert("x")</script> & x < y and ran again')
    (entry,) = (await ann.ask(ListEntries(search="alert y"))).entries
    assert entry.snippet.endswith(
        "script&gt;<mark>alert</mark>(&quot;x&quot;)&lt;/script&gt; &amp; x &lt; <mark>y</mark>"
        " and ran again"
    )
    (entry,) = (await ann.ask(ListEntries())).entries
    assert entry.snippet == ""


async def test_snippets_mark_words_beside_signs(ann: Tracker) -> None:
    await write(ann, "«Грусть» — tired/sad, file.txt…", title="¡Sad!")
    (entry,) = (await ann.ask(ListEntries(search="грусть sad txt"))).entries
    assert entry.snippet.strip() == (
        "<mark>Sad</mark>!\n«<mark>Грусть</mark>» — tired/<mark>sad</mark>, file.<mark>txt</mark>"
    )


async def test_a_snippet_of_a_long_text_is_short(ann: Tracker) -> None:
    await write(ann, "слово " * 4000 + "иголка" + " слово" * 4000, tags=["сено"])
    (entry,) = (await ann.ask(ListEntries(search="иголки"))).entries
    assert "<mark>иголка</mark>" in entry.snippet
    assert len(entry.snippet) < 500


@pytest.mark.parametrize("search", HOSTILE)
async def test_whatever_is_searched_is_no_error(ann: Tracker, search: str) -> None:
    await write(ann, "plain")
    await texts(ann, search=search)
    assert await texts(ann) == ["plain"]


@pytest.mark.parametrize(
    "words",
    [
        "a-" * 25_000,
        "x.y/" * 12_500,
        "\U0001f3c3" * 50_000,
        "ж" * 50_000,
        " ".join(f"{number:x}" for number in range(10_000)),
        "<a " * 16_000,
    ],
)
async def test_whatever_is_written_can_be_kept_and_searched(ann: Tracker, words: str) -> None:
    await write(ann, words, tags=["kept"])
    assert await texts(ann, search="kept") == [words.rstrip()]


async def test_filters(ann: Tracker) -> None:
    habit = await ann.begin()
    await write(ann, "a", mood=1, tags=["Sea"], day=day(-4))
    await write(ann, "b", mood=5, favourite=True, day=day(-3))
    await write(ann, "c", habit_ids=[habit.habit_id], day=day(-2))
    gone = await write(ann, "d", mood=1)
    await ann.ask(DeleteEntry(entry_id=gone.entry_id))
    assert await texts(ann) == ["c", "b", "a"]
    assert await texts(ann, moods=[1]) == ["a"]
    assert await texts(ann, moods=[1, 5]) == ["b", "a"]
    assert await texts(ann, tag="sEa") == ["a"]
    assert await texts(ann, tag="unheard of") == []
    assert await texts(ann, habit_id=habit.habit_id) == ["c"]
    assert await texts(ann, habit_id=new_id()) == []
    assert await texts(ann, favourite=True) == ["b"]
    assert await texts(ann, favourite=False) == ["c", "a"]
    assert await texts(ann, first=day(-3)) == ["c", "b"]
    assert await texts(ann, last=day(-3)) == ["b", "a"]
    assert await texts(ann, first=day(-3), last=day(-3), search="b", moods=[5]) == ["b"]
    assert await texts(ann, deleted=True, moods=[1]) == ["d"]
    with pytest.raises(Invalid) as no:
        await texts(ann, first=day(0), last=day(-1))
    assert no.value.code == "range_reversed"


@pytest.mark.parametrize("search", ["", "sea"])
async def test_pages_go_through_all_once(ann: Tracker, search: str) -> None:
    for number in range(11):
        said = "sea " * (number % 3 + 1) + f"{number}"
        await write(ann, said, day=day(-(number // 4)))
    whole = await texts(ann, search=search)
    seen: list[str] = []
    cursor = None
    while True:
        page = await ann.ask(ListEntries(search=search, limit=4, cursor=cursor))
        seen += [one.text for one in page.entries]
        cursor = page.next
        if cursor is None:
            break
    assert seen == whole
    assert len(set(seen)) == 11


async def test_long_texts_make_shorter_pages(ann: Tracker) -> None:
    for number in range(12):
        await write(ann, f"{number} " + "x" * 49_000)
    first = await ann.ask(ListEntries())
    assert 1 <= len(first.entries) < 12
    rest = await ann.ask(ListEntries(cursor=first.next))
    assert len(first.entries) + len(rest.entries) == 12


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "=",
        "bnVsbA==",
        "W10=",
        "WzEsIjIwMzEtMDEtMDEiLCIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwi"
        "MDE4OTBhNWQtYWM5Ni03NzRiLWJjY2UtYjMwMjA5OWE4MDU3Il0=",
    ],
)
async def test_a_cursor_of_somebody_elses_making(ann: Tracker, cursor: str) -> None:
    assert await code_of(ann.ask(ListEntries(cursor=cursor))) == "wrong_cursor"


def some(user_id: UUID, number: int) -> EntryRow:
    """Make an entry as an import would."""
    at = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return EntryRow(
        version=1,
        day=at.date(),
        at=at,
        zone="UTC",
        title="",
        text=f"needle {number}" if number % 500 == 0 else f"hay {number}",
        mood=None,
        energy=None,
        tags=("a",),
        habit_ids=(),
        prompt_id=None,
        question="",
        favourite=False,
        changed_at=NOON,
        id=new_id(),
        user_id=user_id,
        created_at=NOON,
        import_key=f"daylio:{number}",
    )


async def test_many_are_kept_once_and_found_by_the_index(ann: Tracker) -> None:
    me = ann.who.user_id
    rows = [some(me, number) for number in range(5000)]
    async with ann.engine.begin() as tx:
        for start in range(0, 5000, 500):
            kept = await imported.add_many(tx, me, new_id(), rows[start : start + 500])
            assert kept == {row.id for row in rows[start : start + 500]}
        assert await imported.add_many(tx, me, new_id(), [some(me, 7)]) == set()
    async with ann.engine.begin() as tx:
        await tx.execute(text("ANALYZE journal.entries"))
        found = await searches.find(tx, me, Wanted(search="needles"), None, 50)
        assert len(found) == 10
        # So few pages may well be read whole; that the index can serve is what counts.
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await tx.execute(
            text(
                "EXPLAIN SELECT id FROM journal.entries"
                " WHERE words @@ websearch_to_tsquery('journal.words', 'needles')"
            )
        )
        assert "ix_entries_words" in str(plan.all())
