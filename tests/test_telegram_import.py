"""aiogram is loaded only where there is a bot; loaded lightly, it does what it does plainly."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

ROOMS = """
import sys
from ops.platform import rooms
rooms()
print("aiogram" in sys.modules)
"""

SPEAKS = """
import json, sys
sys.path.insert(0, ".")
if sys.argv[1] == "light":
    from concurrent.futures import ThreadPoolExecutor
    from actors.telegram.outside import load
    with ThreadPoolExecutor(2) as both:  # as two rooms in one process do
        list(both.map(lambda _: load(), range(2)))
from aiogram import Bot, methods, types
chat = {"id": 1, "type": "private"}
user = {"id": 1, "is_bot": False, "first_name": "A", "language_code": "ru"}
message = {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": "/today",
           "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}
bot = {"id": 2, "is_bot": True, "first_name": "B"}
updates = [
    {"message": message}, {"edited_message": {**message, "edit_date": 2}},
    {"callback_query": {"id": "1", "from": user, "chat_instance": "1", "data": "x",
                        "message": message}},
    {"inline_query": {"id": "1", "from": user, "query": "", "offset": ""}},
    {"my_chat_member": {"chat": chat, "from": user, "date": 1,
        "old_chat_member": {"status": "member", "user": bot},
        "new_chat_member": {"status": "kicked", "user": bot, "until_date": 0}}},
]
rows = {"inline_keyboard": [[{"text": "a", "callback_data": "b", "style": "success"}]]}
calls = [
    methods.SendMessage(chat_id=1, text="x", reply_markup=rows),
    methods.EditMessageText(chat_id=1, message_id=1, text="x", reply_markup=rows),
    methods.AnswerCallbackQuery(callback_query_id="1", text="x"),
    methods.SetMessageReaction(chat_id=1, message_id=1, reaction=[{"type": "emoji", "emoji": "x"}]),
    methods.SendMessage(chat_id=1, text="x", reply_markup={"force_reply": True}),
    methods.AnswerInlineQuery(inline_query_id="1", results=[{"type": "article", "id": "1",
        "title": "x", "input_message_content": {"message_text": "x"}},
        {"type": "photo", "id": "2", "photo_file_id": "f", "caption": "x"}],
        button={"text": "x", "start_parameter": "pictures"}),
]
read = [types.Update.model_validate({"update_id": 1, **one}) for one in updates]
print(json.dumps([
    *(one.model_dump(mode="json", exclude_none=True) for one in read),
    *(repr(one) for one in calls),
]))
"""


def run(code: str, *words: str) -> str:
    """Run some Python by itself; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_rooms_are_loaded_without_aiogram() -> None:
    assert run(ROOMS) == "False"


def test_the_light_aiogram_reads_and_writes_what_the_plain_one_does() -> None:
    light, plain = json.loads(run(SPEAKS, "light")), json.loads(run(SPEAKS, "plain"))
    assert len(light) == 11
    assert light == plain
