"""Every screen of the bot, in both languages, by its buttons and by words; and what is odd."""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.tools import tools
from actors.notifications.occasion import Data, Occasion
from actors.notifications.texts import LETTERS
from actors.runtime.delegation import RoomBus
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from actors.telegram.commands import COMMANDS
from actors.telegram.domain import MAX_BURST, Press, pack, units
from actors.telegram.outside import open_bot
from actors.telegram.room import known, room
from actors.telegram.screens import dispatcher
from actors.telegram.workers import Worker
from contracts.breaks import ListBreaks
from contracts.deliveries import ListDeliveries
from contracts.habits import ListHabits
from contracts.journal import ListEntries
from contracts.message import Unauthenticated, new_id
from contracts.reminder_settings import GetReminderSettings
from contracts.reminders import ListReminders
from contracts.speech import catalog
from contracts.telegram import ChatChanged, SignIn, TakeUpdate
from contracts.users import ChangeProfile, GetProfile, Profile, ProfileChanged
from storage.outbox import tell
from storage.session import transaction
from storage.telegram import owners, pictures
from tests.rooms.chatting import CHAT, settings_for
from tests.rooms.people import Carry
from tests.rooms.screens import SECRET, Screen, buttons_of, words_of
from tests.rooms.tracking import Tracker, day
from tests.telegram_server import TOKEN, BotApi

CYRILLIC = re.compile(r"[А-Яа-яЁё]")
LATIN = re.compile(r"[A-Za-z]{3,}")


@pytest_asyncio.fixture
async def worker(engine: AsyncEngine, bus: LocalBus) -> AsyncIterator[Worker]:
    """Have a worker at hand, whose bot nobody reaches."""
    settings = settings_for(BotApi(url="http://127.0.0.1:1"), telegram_webhook_secret=SECRET)
    await room.open(settings)
    bot = open_bot(settings)
    yield Worker(engine, RoomBus(bus, "telegram", engine), bot, dispatcher(settings))
    await bot.session.close()


async def linked(worker: Worker, who: Tracker, chat_id: int = CHAT, language: str = "en") -> Screen:
    """Link a chat to somebody, without all the words."""
    async with transaction(who.engine) as tx:
        await owners.join(tx, who.who.user_id, chat_id, "Ann")
    return Screen(who.bus, who.engine, worker, chat_id, language)


@pytest_asyncio.fixture
async def screen(worker: Worker, ann: Tracker) -> Screen:
    """Let Ann have a chat."""
    return await linked(worker, ann)


async def test_counts_values_skips_and_undo(screen: Screen, ann: Tracker) -> None:
    water = await ann.begin("Water", measure="count", target={"value": 3})
    run = await ann.begin("Run", measure="amount", unit="km", target={"value": 5})
    await screen.say("/today")
    await screen.press("○ Water")
    assert "◐ Water · 1 of 3" in screen.labels()
    assert "how much was it?" in await screen.press("Run")
    assert "cannot read" in await screen.say("a lot")
    await screen.say("4.5 km")
    assert (await ann.on(run.habit_id)).value == 4.5
    await screen.press_data(pack(Press("more", water.habit_id, day(0))))
    await screen.press("Skip")
    assert (await ann.on(water.habit_id)).state == "skipped"
    await screen.press("⏭ Water")
    await screen.press("Undo")
    assert (await ann.on(water.habit_id)).value == 1


async def test_a_habit_is_begun_in_one_line_or_question_by_question(
    screen: Screen, ann: Tracker
) -> None:
    assert "“Run” begins today." in await screen.say("/add Run 3x/week 5 km")
    assert "Run · 0 %" in await screen.say("/habits")
    assert "✅ Run · 5\xa0km" in await screen.say("ran 5 km")
    assert "setMessageReaction" in [one["method"] for one in screen.said]
    assert "What is it called?" in await screen.say("/add")
    await screen.say("Meditate")
    await screen.press("I want to do it")
    assert "“Meditate” begins today." in await screen.press("On workdays")
    assert "21:00" in await screen.press("21:00")
    await screen.say("/add")
    await screen.say("Sugar")
    assert "“Sugar” begins today." in await screen.press("I want to stop it")
    kinds = {one.name: one.kind for one in (await ann.ask(ListHabits())).habits}
    assert kinds == {"Run": "build", "Meditate": "build", "Sugar": "quit"}


async def test_a_streak_that_is_celebrated_comes_into_the_chat_once(
    ann: Tracker, bob: Tracker, carry: Carry
) -> None:
    """Who has no chat is told nothing; what is undone and done again is no news."""
    async with transaction(ann.engine) as tx:
        await tell(tx, ChatChanged(user_id=ann.who.user_id, version=1, name="Ann", linked=True))
    await carry()
    for who in (ann, bob):
        read = await who.begin("Read", start_day=day(-6))
        for number in range(-6, 1):
            await who.log(read.habit_id, number)
        await who.log(read.habit_id, 0, state="skipped")
        await who.log(read.habit_id, 0)
    await carry()
    (made,) = (await ann.ask(ListDeliveries())).deliveries
    assert (made.channel, made.template) == ("telegram", "milestone")
    assert (await bob.ask(ListDeliveries())).deliveries == ()
    data: Data = {"habit": "Read", "streak": 7, "streak_unit": "day"}
    words = LETTERS["milestone"](Occasion("ru", data))
    assert "7 дней" in words.paragraphs[0]


async def test_a_mood_is_given_with_a_few_words(screen: Screen, ann: Tracker) -> None:
    assert await screen.say("/mood") == "How are you?"
    assert len(screen.labels()) == 5
    assert "few words" in await screen.press(screen.labels()[0])
    assert await screen.say("Slept <b>well</b> & long") == "Kept in your diary."
    await screen.press_data("mood...9")
    (entry,) = (await ann.ask(ListEntries())).entries
    assert (entry.mood, entry.text) == (1, "Slept <b>well</b> & long")


async def test_the_diary_keeps_words_and_finds_them(screen: Screen, ann: Tracker) -> None:
    assert "diary" in await screen.say("/journal A walk by the sea")
    assert "Write" in await screen.say("/journal")
    assert "Kept" in await screen.say("Rain all day")
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    said = {"message_id": 5, "date": 1, "chat": {"id": CHAT, "type": "private"}}
    about = {**said, "from": {"id": CHAT, "is_bot": False, "first_name": "Ann"}}
    assert "Kept" in await screen.send(message={**about, "photo": photo, "caption": "A gull"})
    assert "words only" not in await screen.say("/journal")
    assert "words only" in await screen.send(message={**about, "photo": photo})
    texts = {entry.text for entry in (await ann.ask(ListEntries())).entries}
    assert texts == {"A walk by the sea", "Rain all day", "A gull"}
    await screen.say("/journal")
    assert "looking for" in await screen.press("Search")
    found = await screen.say("sea")
    assert "A walk by the sea" in found
    assert "gull" not in found
    await screen.press("Search")
    assert "nothing about that" in await screen.say("mountain")


async def test_a_break_begins_and_ends(screen: Screen, ann: Tracker) -> None:
    await ann.begin("Read")
    assert "How long?" in await screen.say("/break")
    assert "🌴" in await screen.press("3 days")
    (rest,) = (await ann.ask(ListBreaks())).breaks
    assert (rest.first, rest.last) == (day(0), day(2))
    assert "Nothing is due" in await screen.say("/today")
    await screen.say("/break")
    assert "Welcome back" in await screen.press("End it")
    assert (await ann.ask(ListBreaks())).breaks == ()
    assert "○ Read" in "".join([await screen.say("/today"), *screen.labels()])


async def test_settings_change_language_zone_and_where_reminders_come(
    screen: Screen, ann: Tracker, carry: Carry
) -> None:
    assert "UTC" in await screen.say("/settings")
    await screen.press("Reminders come here")
    assert (await ann.ask(GetReminderSettings())).channels == ("email", "telegram")
    await screen.press("Reminders come here")
    assert (await ann.ask(GetReminderSettings())).channels == ("email",)
    assert "Or write your zone" in await screen.press("What does your clock say?")
    assert "such as 14:30" in await screen.say("noon or so")
    assert "nearest" in await screen.say("15:02")
    assert "Moscow" in screen.labels()
    assert "Europe/Moscow" in await screen.press("Moscow")
    assert (await ann.ask(GetProfile())).zone == "Europe/Moscow"
    assert "This is over" in await screen.press("Istanbul")
    assert "part of the world" in await screen.press("Choose from a list")
    await screen.press("Africa")
    assert "Africa/Lagos" in await screen.press("Lagos")
    assert "Ваш часовой пояс" in await screen.press("Русский")
    assert (await ann.ask(GetProfile())).language == "ru"
    assert "Africa/Lagos" in await screen.say("/settings")
    await carry()
    assert CYRILLIC.search(await screen.say("/settings"))


async def test_an_old_word_about_the_language_does_not_bring_it_back(
    screen: Screen, ann: Tracker, carry: Carry
) -> None:
    await screen.say("/start")
    await ann.ask(ChangeProfile.model_validate({"language": "ru"}))
    await carry()
    assert CYRILLIC.search(await screen.say("/help"))
    late = ProfileChanged(user_id=ann.who.user_id, version=1, profile=Profile(language="en"))
    async with transaction(screen.engine) as tx:
        await tell(tx, late)
    await carry()
    assert CYRILLIC.search(await screen.say("/help"))
    await ann.ask(ChangeProfile.model_validate({"language": "en"}))
    await carry()
    assert not CYRILLIC.search(await screen.say("/help"))


async def test_reminders_are_made_listed_and_dropped(screen: Screen, ann: Tracker) -> None:
    habit = await ann.begin("Read")
    assert "No reminders yet" in await screen.say("/remind")
    assert "Which habit?" in await screen.press("New reminder")
    assert "When" in await screen.press("Read")
    assert "21:00" in await screen.press("21:00")
    (made,) = (await ann.ask(ListReminders())).reminders
    assert (made.habit_id, made.channels) == (habit.habit_id, ("telegram",))
    assert "21:00 · Read" in await screen.say("/remind")
    assert "not come any more" in await screen.press("🗑")
    assert (await ann.ask(ListReminders())).reminders == ()
    assert "begins today" in await screen.say("/add Swim at 7:30")
    (made,) = (await ann.ask(ListReminders())).reminders
    assert made.times == ("07:30",)


async def test_digests_are_switched(screen: Screen, ann: Tracker) -> None:
    assert "Summaries come" in await screen.say("/digest")
    await screen.press("Week")
    assert "week" in (await ann.ask(GetReminderSettings())).digests
    assert "✅ Week" in screen.labels()
    await screen.press("Week")
    assert "week" not in (await ann.ask(GetReminderSettings())).digests
    await screen.press_data("digest...year")


async def test_pictures_are_drawn_and_shared(screen: Screen, ann: Tracker, carry: Carry) -> None:
    read = await ann.begin("Read", start_day=day(-9))
    for number in (-2, -1, 0):
        await ann.log(read.habit_id, number)
    await carry()
    bare = await screen.inline("re")
    assert [one["type"] for one in bare["results"]] == ["article"]
    assert "3" in bare["results"][0]["input_message_content"]["message_text"]
    assert await screen.say(f"/start {bare['button']['start_parameter']}") == "Which habit?"
    assert await screen.press("Read") == "Read"
    drawn = screen.said[-1]
    assert drawn["method"] == "sendPhoto"
    assert "Read" in [one.get("switch_inline_query") for one in buttons_of(drawn)]
    async with transaction(screen.engine) as tx:
        about = (ann.who.user_id, read.habit_id)
        assert drawn["purpose"] == f"picture:{read.habit_id}"
        await pictures.keep(tx, *about, 123456789, "file-of-read", datetime.now(UTC))
    photo, _ = (await screen.inline("Read"))["results"]
    assert (photo["type"], photo["photo_file_id"]) == ("photo", "file-of-read")
    assert (await screen.inline("swim"))["results"] == []
    assert (await Screen(ann.bus, ann.engine, screen.worker, 5).inline(""))["results"] == []
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        old = await screen.inline("")
    assert "photo" not in [one["type"] for one in old["results"]]
    assert await screen.say("/stats") == "Week"


async def test_an_export_holds_habits_and_days(screen: Screen, ann: Tracker) -> None:
    read = await ann.begin("Read")
    await ann.log(read.habit_id, 0)
    assert "all their days" in await screen.say("/export")
    assert screen.said[-1]["document"]["name"].endswith(".json")


async def test_what_is_unclear_is_asked(screen: Screen, ann: Tracker) -> None:
    run = await ann.begin("Run", measure="amount", unit="km")
    await ann.begin("Run fast")
    assert "Which habit do you mean" in await screen.say("run")
    assert "✅ Run" in await screen.say("ran 5 km")
    await screen.press("Undo")
    assert (await ann.on(run.habit_id)).value is None
    assert "do not know this command" in await screen.say("/frobnicate")
    assert "do not know which habit" in await screen.say("lorem ipsum")
    assert "/today" in await screen.say("🔥")
    assert "✅ Run" in await screen.say("/done ran 3 km")


ODD = (
    {"sticker": {"file_id": "f", "file_unique_id": "u", "type": "regular", "width": 1, "height": 1,
                 "is_animated": False, "is_video": False}},
    {"location": {"latitude": 1.0, "longitude": 2.0}},
    {"contact": {"phone_number": "1", "first_name": "B"}},
    {"voice": {"file_id": "f", "file_unique_id": "u", "duration": 1}},
    {"dice": {"emoji": "🎲", "value": 3}},
    {"new_chat_title": "x"},
    {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "B"}, "text": "hi"},
    {"brand_new_thing": {"x": 1}},
)  # fmt: skip
"""What messages may hold beside words."""


async def test_odd_messages_end_and_hold_up_nothing(screen: Screen, ann: Tracker) -> None:
    for odd in ODD:
        about = {"message_id": 7, "date": 1, "chat": {"id": CHAT, "type": "private"}}
        sender = {"id": CHAT, "is_bot": False, "first_name": "Ann"}
        await screen.send(message={**about, "from": sender, **odd})
    for kind in ("channel_post", "poll", "message_reaction", "chat_join_request", "novelty"):
        await screen.send(**{kind: {"chat": {"id": CHAT, "type": "private"}}})
    edited = {"message_id": 8, "date": 1, "edit_date": 2, "text": "/add Swim"}
    chat = {"chat": {"id": CHAT, "type": "private"}}
    sender = {"from": {"id": CHAT, "is_bot": False, "first_name": "Ann"}}
    assert await screen.send(edited_message={**edited, **chat, **sender}) == ""
    assert (await ann.ask(ListHabits())).habits == ()
    assert "You have no habits yet" in await screen.say("/habits")


async def test_a_double_tap_logs_once_and_an_old_one_is_explained(
    screen: Screen, ann: Tracker
) -> None:
    read = await ann.begin("Read")
    await screen.say("/today")
    tap = pack(Press("done", read.habit_id, day(0)))
    await screen.press_data(tap)
    await screen.press_data(tap)
    assert (await ann.on(read.habit_id)).state == "done"
    assert "too old" in await screen.press_data("a_verb_of_old"[:8])
    assert "This is over" in await screen.press_data("a_often...day")


async def test_names_of_any_length_and_kind_fit(screen: Screen, ann: Tracker) -> None:
    for number in range(45):
        await ann.begin(f"<i>&amp; “{number}” {'🔥' * 45}")
    for command in ("/today", "/habits", "/remind", "/stats", "/done"):
        await screen.say(command)
    await screen.press("One habit")
    for body in screen.said:
        assert units(words_of(body)) <= (1024 if "photo" in body else 4096)
        assert len(buttons_of(body)) <= 100
        assert all(units(one["text"]) <= 64 for one in buttons_of(body))
        data = [one["callback_data"] for one in buttons_of(body) if "callback_data" in one]
        assert all(1 <= len(one.encode()) <= 64 for one in data)
        assert "parse_mode" not in body


async def test_one_chat_that_floods_waits_and_no_other_does(
    screen: Screen, ann: Tracker, bob: Tracker, clock: time_machine.Traveller
) -> None:
    """All that is sent is answered in the end; once a friendly word is said."""
    for number in range(MAX_BURST + 3):
        await screen.say(f"/journal {number}")
    flooded = [words_of(one) for one in screen.said]
    assert sum("That was a lot" in one for one in flooded) == 1
    assert len((await ann.ask(ListEntries(limit=100))).entries) == MAX_BURST
    other = await linked(screen.worker, bob, 5)
    assert await other.say("/mood") == "How are you?"
    clock.shift(timedelta(minutes=2))
    assert "Kept" in await screen.say("/journal last")
    assert len((await ann.ask(ListEntries(limit=100))).entries) == MAX_BURST + 4


async def test_start_opens_an_account_without_a_password(
    worker: Worker, bus: LocalBus, engine: AsyncEngine, clock: time_machine.Traveller
) -> None:
    """It asks for the zone, once; unlinked, the account comes back with the chat that opened it."""
    screen = Screen(bus, engine, worker, CHAT, "ru", "Ann \u200b")
    begun = await screen.say("/start")
    assert "Здравствуйте" in begun
    assert "Где вы находитесь?" in begun
    assert "начинаем сегодня" in await screen.say("/add Бег 3 раза в неделю")
    assert "Бег" in await screen.say("/habits")
    assert "Где вы" not in await screen.say("/start")
    assert "отвязан" in await screen.say("/unlink")
    assert "не привязан" in await screen.say("/habits")
    assert "Где вы" not in await screen.say("/start")
    assert "Бег" in await screen.say("/habits")
    other = Screen(bus, engine, worker, 5)
    await other.say("/start")
    assert "no habits yet" in await other.say("/habits")


@pytest.mark.parametrize("mode", ["invitation", "closed"])
async def test_start_opens_no_account_where_not_everybody_may_register(
    worker: Worker, bus: LocalBus, engine: AsyncEngine, mode: str
) -> None:
    tools.open(Settings.model_validate({"registration": mode}))
    screen = Screen(bus, engine, worker, CHAT)
    assert "Nobody can register here" in await screen.say("/start")
    assert "linked" in await screen.say("/habits")


async def test_a_start_that_is_begun_again_opens_one_account(
    worker: Worker, bus: LocalBus, engine: AsyncEngine, clock: time_machine.Traveller
) -> None:
    screen = Screen(bus, engine, worker, CHAT)
    await bus.ask(TakeUpdate(secret=SECRET, body=screen.written("/start")))
    for _ in range(2):
        dying = asyncio.create_task(worker.work())
        async with asyncio.timeout(30):
            while not await count_of(engine, "auth.accounts") and not dying.done():
                await asyncio.sleep(0.001)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    while await worker.work():
        continue
    assert await count_of(engine, "auth.accounts") == 1
    assert await count_of(engine, "telegram.owners") == 1


async def count_of(engine: AsyncEngine, table: str) -> int:
    """Count the rows of a table."""
    async with transaction(engine) as tx:
        return int((await tx.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_who_comes_from_telegram_signs_in_once(
    screen: Screen, ann: Tracker, bus: LocalBus
) -> None:
    now = datetime.now(UTC)
    said = init_data(CHAT, now)
    tokens = await bus.ask(SignIn(init_data=said))
    assert tokens.user_id == ann.who.user_id
    for data, code in (
        (said, "init_data_used"),
        (init_data(CHAT, now - timedelta(minutes=6)), "init_data_too_old"),
        (init_data(CHAT, now + timedelta(minutes=6)), "init_data_too_old"),
        (init_data(5, now), "telegram_unknown"),
        (init_data(CHAT, now, token=f"{TOKEN}x"), "invalid_init_data"),
        (said.replace("Ann", "Bob"), "invalid_init_data"),
        (f"{said}&query_id=2", "invalid_init_data"),
        (f"{said}&user=%7B%22id%22%3A5%7D", "invalid_init_data"),
        ("hash=", "invalid_init_data"),
        ("no data", "invalid_init_data"),
        (sign({"auth_date": "9" * 30, "user": "{}"}), "invalid_init_data"),
        (sign({"auth_date": str(int(now.timestamp())), "user": '{"id": true}'}),
         "invalid_init_data"),
        (sign({"auth_date": str(int(now.timestamp()))}), "invalid_init_data"),
    ):  # fmt: skip
        with pytest.raises(Unauthenticated) as no:
            await bus.ask(SignIn(init_data=data))
        assert no.value.code == code, data


def init_data(telegram_id: int, at: datetime, token: str = TOKEN) -> str:
    """Write what Telegram tells a Mini App."""
    user = json.dumps({"id": telegram_id, "first_name": "Ann", "allows_write_to_pm": True})
    fields = {"query_id": "AA", "user": user, "auth_date": str(int(at.timestamp()))}
    return sign({**fields, "signature": "not-looked-at"}, token)


def sign(fields: dict[str, str], token: str = TOKEN) -> str:
    """Sign fields as Telegram does."""
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    right = hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
    return urlencode({**fields, "hash": right})


COMMANDS_SAID = [f"/{name}" for name in COMMANDS if name not in ("stats", "export")]


async def test_russian_is_spoken_all_the_way(screen: Screen, ann: Tracker, carry: Carry) -> None:
    """No English word is left on any screen; names of habits, zones and commands are no words."""
    await screen.say("/start")
    screen.said.clear()
    await ann.begin("Чтение", measure="count", target={"value": 8})
    await ann.ask(ChangeProfile.model_validate({"language": "ru"}))
    await carry()
    await screen.say("/start")
    for command in COMMANDS_SAID:
        await screen.say(command)
    for label in ("⋯", "Назад", "Пропустить", "⏭", "Отменить"):
        await screen.say("/today") if label == "⋯" else None
        await screen.press(label)
    for word in ("прочитал что-то", "бег", "/неизвестная"):
        await screen.say(word)
    await screen.say("/settings")
    await screen.press("Выбрать из списка")
    await screen.press("Азия")
    for gone in ("stat", "rest_end", "r_drop", "done", "more"):
        await screen.press_data(pack(Press(gone, new_id(), day(0))))
    said = [words_of(one) for one in screen.said]
    said += [one["text"] for body in screen.said for one in buttons_of(body)]
    zones = {
        button["text"]
        for body in screen.said
        for button in buttons_of(body)
        if "zone." in str(button.get("callback_data"))
    }
    plain = [
        re.sub(r"/\w+|UTC|English|Ritmo|Telegram|Europe/\w+", "", one)
        for one in said
        if one not in zones
    ]
    assert [one for one in plain if LATIN.search(one)] == []
    assert catalog("ru").sentences, "and it is spoken at all"


async def test_what_a_room_follows_of_people_is_their_language(
    engine: AsyncEngine, ann: Tracker, carry: Carry
) -> None:
    await ann.ask(ChangeProfile.model_validate({"language": "ru", "zone": "Asia/Omsk"}))
    await carry()
    async with transaction(engine) as tx:
        row = await known.replica.find_person(tx, ann.who.user_id)
    assert row is not None
    assert (row.language, row.zone) == ("ru", "Asia/Omsk")
