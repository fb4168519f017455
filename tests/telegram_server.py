"""A Bot API server on this machine: it enforces what Telegram enforces, and remembers all it saw.

People are played by `say`, `press` and `block`; what is to go wrong next is put into `faults`.
"""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

TOKEN = "123456789:AAFakeTokenOfATestBot_0123456789abcd"
WINDOW_SLACK = 0.05
"""Seconds in which a call may still have been on its way when the answer 429 was given."""


@dataclass(slots=True)
class Called:
    """A call of the bot."""

    at: float
    method: str
    params: dict[str, Any]
    status: int = 200


@dataclass(slots=True)
class Fault:
    """What the next call that fits is answered with; a status of 0: nothing, the line is cut."""

    method: str
    status: int
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    chat_id: int | None = None
    html: bool = False
    taken: bool = False


def units(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


@dataclass
class BotApi:
    """The server, and what it knows."""

    limits: bool = True
    url: str = ""
    calls: list[Called] = field(default_factory=list)
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    webhook: dict[str, Any] | None = None
    chance: Callable[[Called], Fault | None] = lambda called: None
    spoil: Callable[[Any], Any] = lambda result: result
    _updates: deque[dict[str, Any]] = field(default_factory=deque)
    _next_update: int = 1000
    _next_message: int = 1
    _polling: bool = False
    _quiet_until: float = 0.0
    _quiet_since: float = 0.0
    _sent: deque[float] = field(default_factory=deque)
    _sent_to: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen on a free port of this machine; return the address."""
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, given = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{given}"
        return self.url

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    # -- people ------------------------------------------------------------------------------------

    async def say(self, chat_id: int, text: str, **more: Any) -> int:
        """Let a person write something; return the message's id."""
        message = self._message(chat_id, {"text": text, **more.pop("message", {})})
        if text.startswith("/"):
            word = text.split()[0]
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(word)}]
        message["from"] = person(chat_id, **more)
        await self.push({"message": message})
        return int(message["message_id"])

    async def press(self, chat_id: int, label: str, **more: Any) -> str:
        """Let a person press the button with this label, on the newest message that has it."""
        for key, message in sorted(self.messages.items(), reverse=True):
            if key[0] != chat_id:
                continue
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            for one in [one for row in rows for one in row]:
                if label in one["text"]:
                    return await self.press_data(chat_id, one["callback_data"], message, **more)
        raise AssertionError(f"no button says {label!r}: {self.shown(chat_id)}")

    async def press_data(
        self, chat_id: int, data: str, message: dict[str, Any], **more: Any
    ) -> str:
        """Let a person press a button with this data; return the id of the press."""
        query = f"q{self._next_update}"
        said = {"id": query, "from": person(chat_id, **more), "chat_instance": "1", "data": data}
        await self.push({"callback_query": {**said, "message": message}})
        return query

    async def block(self, chat_id: int, status: str = "kicked") -> None:
        """Let a person block the bot, or (`member`) let it write again."""
        self.blocked = self.blocked | {chat_id} if status == "kicked" else self.blocked - {chat_id}
        bot = {"id": 123456789, "is_bot": True, "first_name": "Ritmo"}
        new: dict[str, Any] = {"status": status, "user": bot}
        if status == "kicked":
            new["until_date"] = 0
        event = {"chat": chat(chat_id), "from": person(chat_id), "date": int(time.time())}
        old = {"status": "member" if status == "kicked" else "left", "user": bot}
        await self.push(
            {"my_chat_member": {**event, "old_chat_member": old, "new_chat_member": new}}
        )

    async def push(self, update: dict[str, Any]) -> int:
        """Let something happen; it is fetched, or brought, until that was confirmed."""
        self._next_update += 1
        self._updates.append({"update_id": self._next_update, **update})
        async with self._changed:
            self._changed.notify_all()
        if self.webhook is not None:
            await self._bring()
        return self._next_update

    # -- what was seen -----------------------------------------------------------------------------

    def shown(self, chat_id: int) -> list[str]:
        """Return the texts that a chat shows, oldest first, those of the bot alone."""
        return [
            str(message.get("text") or message.get("caption") or "")
            for key, message in sorted(self.messages.items())
            if key[0] == chat_id and "from" not in message
        ]

    def buttons(self, chat_id: int) -> list[str]:
        """Return the labels on the newest message of a chat that has buttons."""
        for key, message in sorted(self.messages.items(), reverse=True):
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            if key[0] == chat_id and rows:
                return [one["text"] for row in rows for one in row]
        return []

    def of(self, method: str) -> list[Called]:
        """Return the calls of a method that were taken."""
        return [one for one in self.calls if one.method == method and one.status == 200]

    async def until(self, true: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until something holds; it is looked at with every call."""
        async with asyncio.timeout(seconds):
            while not true():
                async with self._changed:
                    try:
                        async with asyncio.timeout(0.2):
                            await self._changed.wait()
                    except TimeoutError:
                        continue

    # -- the server --------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != TOKEN:
            return failure(401, "Unauthorized")
        called = Called(time.monotonic(), method, await self._params(request))
        if method == "getUpdates":
            return await self._get_updates(called.params)
        self.calls.append(called)
        response = self._answered(called)
        called.status = response.status if response is not None else 0
        async with self._changed:
            self._changed.notify_all()
        if response is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return response

    async def _params(self, request: web.Request) -> dict[str, Any]:
        given: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json":
            return {**given, **await request.json()}
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                given[name] = f"<{len(value.file.read())} bytes>"
                continue
            text = value.decode() if isinstance(value, bytes | bytearray) else str(value)
            try:
                given[name] = json.loads(text) if text[:1] in '[{0123456789-tf"' else text
            except ValueError:
                given[name] = text
            if name in ("text", "caption", "callback_data"):
                given[name] = text
        return given

    def _answered(self, called: Called) -> web.Response | None:
        params, chat_id = called.params, called.params.get("chat_id")
        speaks = chat_id is not None and called.method.startswith("send")
        inside = self._quiet_since + WINDOW_SLACK < called.at < self._quiet_until
        if chat_id is not None and inside:
            self.broken.append(f"{called.method} inside of retry_after")
        fault = self._fault(called) or self.chance(called)
        if fault is not None and not fault.taken:
            return self._failed(fault)
        if chat_id in self.blocked:
            return failure(403, "Forbidden: bot was blocked by the user")
        wrong = self._wrong(called)
        if wrong:
            return failure(400, f"Bad Request: {wrong}")
        if speaks and self.limits and (late := self._too_fast(called.at, int(params["chat_id"]))):
            return late
        result = self._done(called.method, params)
        if fault is not None:
            return self._failed(fault)
        return web.json_response({"ok": True, "result": self.spoil(result)})

    def _fault(self, called: Called) -> Fault | None:
        for fault in self.faults:
            of_chat = fault.chat_id in (None, called.params.get("chat_id"))
            if fault.method in (called.method, "*") and of_chat:
                self.faults.remove(fault)
                return fault
        return None

    def _failed(self, fault: Fault) -> web.Response | None:
        if fault.status == 0:
            return None
        if fault.html:
            return web.Response(status=fault.status, text="<html>Bad Gateway</html>")
        if fault.status == 429:
            retry = float(fault.parameters.get("retry_after", 1))
            self._quiet_since = time.monotonic()
            self._quiet_until = max(self._quiet_until, self._quiet_since + retry)
        return failure(fault.status, fault.description, fault.parameters)

    def _too_fast(self, at: float, chat_id: int) -> web.Response | None:
        while self._sent and self._sent[0] <= at - 1:
            self._sent.popleft()
        if len(self._sent) >= 30 or self._sent_to[chat_id] > at - 0.98:
            self.broken.append("too fast")
            self._quiet_until = time.monotonic() + 1
            return failure(429, "Too Many Requests: retry after 1", {"retry_after": 1})
        self._sent.append(at)
        self._sent_to[chat_id] = at
        return None

    def _wrong(self, called: Called) -> str:
        params, method = called.params, called.method
        for name, most in (("text", 4096), ("caption", 1024)):
            if units(str(params.get(name, ""))) > most and method != "answerCallbackQuery":
                return "message is too long"
        if method == "answerCallbackQuery" and units(str(params.get("text", ""))) > 200:
            return "MESSAGE_TOO_LONG"
        if method in ("sendMessage", "editMessageText") and not str(params.get("text", "")).strip():
            return "message text is empty"
        rows = (params.get("reply_markup") or {}).get("inline_keyboard", [])
        flat = [one for row in rows for one in row]
        if any(not 1 <= len(str(one.get("callback_data", "x")).encode()) <= 64 for one in flat):
            return "BUTTON_DATA_INVALID"
        if len(flat) > 100:
            return "too many buttons"
        if params.get("parse_mode") == "HTML" and "<" in str(params.get("text")):
            return "can't parse entities"
        if method.startswith("editMessage"):
            key = (int(params["chat_id"]), int(params["message_id"]))
            known = self.messages.get(key)
            if known is None:
                return "message to edit not found"
            same = known.get("text") == params.get("text")
            if same and known.get("reply_markup") == params.get("reply_markup"):
                return "message is not modified: specified new message content is the same"
        return ""

    def _done(self, method: str, params: dict[str, Any]) -> Any:
        if method == "getMe":
            return {
                "id": 123456789,
                "is_bot": True,
                "first_name": "Ritmo",
                "username": "ritmo_test_bot",
                "can_join_groups": True,
                "can_read_all_group_messages": False,
                "supports_inline_queries": True,
            }
        if method.startswith("send") and method != "sendChatAction":
            said: dict[str, Any] = {
                name: params[name] for name in ("text", "caption", "reply_markup") if name in params
            }
            if "inline_keyboard" not in said.get("reply_markup", {}):
                said.pop("reply_markup", None)  # Telegram gives no other back
            message = self._message(int(params["chat_id"]), said)
            if method == "sendPhoto":
                size = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}
                message["photo"] = [size]
            return message
        if method.startswith("editMessage"):
            key = (int(params["chat_id"]), int(params["message_id"]))
            kept = {k: v for k, v in self.messages[key].items() if k != "reply_markup"}
            changed: dict[str, Any] = {
                k: params[k] for k in ("text", "caption", "reply_markup") if k in params
            }
            self.messages[key] = {**kept, **changed}
            return self.messages[key]
        if method == "setWebhook":
            self.webhook = params
        if method == "deleteWebhook":
            self.webhook = None
        return True

    def _message(self, chat_id: int, said: dict[str, Any]) -> dict[str, Any]:
        number, self._next_message = self._next_message, self._next_message + 1
        about = {"message_id": number, "date": int(time.time()), "chat": chat(chat_id)}
        self.messages[chat_id, number] = {**about, **said}
        return self.messages[chat_id, number]

    async def _get_updates(self, params: dict[str, Any]) -> web.Response:
        if self.webhook is not None:
            return failure(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._polling:
            return failure(409, "Conflict: terminated by other getUpdates request")
        offset, self._polling = int(params.get("offset") or 0), True
        try:
            while self._updates and self._updates[0]["update_id"] < offset:
                self._updates.popleft()
            until = time.monotonic() + float(params.get("timeout") or 0)
            while not self._updates and time.monotonic() < until:
                async with self._changed:
                    try:
                        async with asyncio.timeout(0.2):
                            await self._changed.wait()
                    except TimeoutError:
                        continue
        finally:
            self._polling = False
        return web.json_response({"ok": True, "result": list(self._updates)[:100]})

    async def _bring(self) -> None:
        """Bring what waits to the webhook, in order, until it is taken."""
        if self.webhook is None:
            return
        headers = {"X-Telegram-Bot-Api-Secret-Token": str(self.webhook.get("secret_token", ""))}
        async with aiohttp.ClientSession() as session:
            while self._updates:
                async with session.post(
                    str(self.webhook["url"]), json=self._updates[0], headers=headers
                ) as answer:
                    if answer.status // 100 != 2:
                        return
                self._updates.popleft()


def failure(status: int, text: str, parameters: dict[str, Any] | None = None) -> web.Response:
    """Answer as Telegram does when it says no."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": text}
    if parameters:
        body["parameters"] = parameters
    return web.json_response(body, status=status)


def person(user_id: int, language: str = "en", name: str = "Ann") -> dict[str, Any]:
    """Describe a person as Telegram does."""
    about = {"id": user_id, "is_bot": False, "first_name": name, "username": f"user{user_id}"}
    return {**about, "language_code": language}


def chat(chat_id: int) -> dict[str, Any]:
    """Describe a chat: of one person, or, below nothing, a group."""
    kind = "private" if chat_id > 0 else "group"
    return {"id": chat_id, "type": kind, "first_name": "Ann", "title": "Group"}
