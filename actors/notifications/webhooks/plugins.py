"""Which services of Apprise may be used, and with which parameters. In the helper only.

Each was read for what it connects to and what it opens. Listed is what speaks HTTP(S), through
`requests`, to a known service or to the host that the address names. Not listed: whatever acts on
the machine, opens lines of another protocol (mail, MQTT, XMPP, IRC, syslog, SMPP), keeps tokens on
disk, or costs its owner money by the message.

Of the parameters, those are left out that name files (`template`, `keyfile`), that attach or fetch
something, and that reach other people (`email`, `call`).
"""

import re
import socket
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from apprise import NotifyBase

EVERYWHERE = "verify image format overflow emojis tz"
"""How a notice looks; and a certificate of one's own is nothing unusual at home."""

WITHOUT_EFFECT = "redirect rto cto retry wait optional store"
"""What may stand in an address from elsewhere, and changes nothing: Ritmo decides about trying
again and for how long, follows no redirect, and never takes a failure for a success."""

HEADERS, PAYLOAD, QUERY = "+", ":", "-"
"""How parameters of one's own begin: `+name` is a header, `:name` a field, `-name` of the query."""

WEBHOOK = f"method {HEADERS} {PAYLOAD} {QUERY}"

PLUGINS = {
    # A web host of one's own, or anybody's.
    "custom_form": WEBHOOK,
    "custom_json": WEBHOOK,
    "custom_xml": WEBHOOK,
    "apprise_api": f"tags to {HEADERS}",
    "bark": "sound level volume click badge category group icon call subtitle archive to",
    "emby": "modal",
    "gotify": "priority",
    "home_assistant": "nid to token prefix",
    "jellyfin": "modal",
    "kodi": "duration",
    "lametric": "apikey app_id app_ver app_token priority icon icon_type mode sound cycles",
    "mastodon": "token visibility spoiler language sensitive to ping",
    "matrix.base": "discovery mode version msgtype token to",
    "mattermost": "channel channels icon_url team botname mode to",
    "misskey": "token visibility",
    "nextcloud": f"version url_prefix to {HEADERS}",
    "nextcloudtalk": f"url_prefix silent {HEADERS}",
    "notica": HEADERS,
    "ntfy": "click delay priority xtags tags actions mode token auth to avatar_url",
    "onebot": "token to",
    "pushdeer": "",
    "rocketchat": "mode avatar webhook to",
    "signal_api": "from status to",
    "synology": f"token {HEADERS}",
    "zulip": "to token",
    # Known services.
    "bluesky": "",
    "chanify": "token",
    "dingtalk": "to token secret",
    "discord": "tts avatar avatar_url href url thread footer footer_logo fields flags ping",
    "feishu": "token",
    "freemobile": "",
    "google_chat": "workspace key token thread",
    "guilded": "tts avatar avatar_url href url thread footer footer_logo fields flags ping",
    "ifttt": f"to {HEADERS} {QUERY}",
    "join": "priority to",
    "lark": "",
    "line": "to",
    "notifiarr": "key apikey event source from to",
    "notifico": "color prefix token project",
    "prowl": "priority",
    "pushbullet": "to",
    "pushme": "token push_key status",
    "pushover": "priority sound url url_title interval expire to key",
    "pushplus": "token to channel topic",
    "pushsafer": "priority sound vibration to",
    "pushy": "sound badge to key",
    "revolt": "channel bot_token icon_url url to",
    "serverchan": "",
    "simplepush": "priority to",
    "slack": "footer blocks timestamp mode token to",
    "spugpush": "",
    "techuluspush": "",
    "telegram": "detect silent preview topic thread mdv to content",
    "threema": "from gwid secret to",
    "twist": "to",
    "viber": "from avatar token to",
    "webexteams": "token mode to",
    "wecombot": "key",
    "workflows": "id pa powerautomate route routeid wrap sig ver api-version sp sv",
    "wxpusher": "to token",
    "zoom": "mode token",
}
"""The modules of Apprise's plug-ins, and the parameters that each may have."""


_ELSEWHERE = frozenset({"cloud", "official", "t2bot"})
"""Modes in which what stands for the host is a topic or a token of a known service."""


class Unusable(ValueError):
    """An address that Ritmo does not use: why, as a code, and which parameter is meant."""

    def __init__(self, code: str, name: str = "") -> None:
        """Say why."""
        super().__init__(code)
        self.code, self.name = code, name


def load() -> None:
    """Load Apprise and every plug-in, so that no child has to."""
    from apprise.manager_plugins import NotificationManager

    NotificationManager().load_modules()


def module_of(plugin: type["NotifyBase"]) -> str:
    """Name a plug-in as it stands in `PLUGINS`."""
    return plugin.__module__.partition(".plugins.")[2]


def plugin_of(url: str) -> "NotifyBase":
    """Read an address. Raises Unusable."""
    from apprise import Apprise, AppriseAsset, PersistentStoreMode
    from apprise.manager_plugins import NotificationManager
    from apprise.plugins import url_to_dict

    known = NotificationManager()
    scheme = url.partition("://")[0].strip().lower()
    if any(not c.isprintable() for c in url):
        raise Unusable("apprise_unknown")
    if scheme in known and module_of(known[scheme]) not in PLUGINS:
        raise Unusable("apprise_not_allowed", scheme)
    said = url_to_dict(url)
    if not said or said.get("schema") not in known:
        raise Unusable("apprise_unknown")
    _check_parameters(known[said["schema"]], said)
    asset = AppriseAsset(
        app_id="Ritmo",
        app_desc="Ritmo",
        http_redirects=False,
        storage_mode=PersistentStoreMode.MEMORY,
    )
    plugin = Apprise.instantiate(said, asset=asset, suppress_exceptions=True)
    if plugin is None:
        raise Unusable("apprise_unknown")
    plugin.redirects = False
    return plugin


def _check_parameters(plugin: type["NotifyBase"], said: dict[str, Any]) -> None:
    """Refuse a plug-in that is not listed, and parameters that are not listed for it."""
    allowed = PLUGINS.get(module_of(plugin))
    if allowed is None or "qsd" not in said:
        raise Unusable("apprise_not_allowed", str(said.get("schema", "")))
    names = {*EVERYWHERE.split(), *WITHOUT_EFFECT.split(), *allowed.split()}
    for name in _given(said):
        key = name[0] if name[:1] in (HEADERS, PAYLOAD, QUERY) else name
        if key not in names:
            raise Unusable("apprise_parameter", name[:40])


def _given(said: dict[str, Any]) -> Iterable[str]:
    """List the parameters that an address gives; what is empty is none."""
    return (name for name in (key.strip().lower() for key in said["qsd"]) if name)


def hosts_of(plugin: "NotifyBase", url: str) -> set[str]:
    """List the hosts that an address itself names; those of known services are Apprise's."""
    found: set[str] = set()
    written = unquote(url).lower()
    hosted = "host" in type(plugin).template_tokens
    own = hosted and str(getattr(plugin, "mode", "")) not in _ELSEWHERE
    if hosted and is_number(host := written_host(url)):
        # Whatever the plug-in takes it for: nobody has a topic by the name of an address.
        found.add(host)
    for name, value in vars(plugin).items():
        if not isinstance(value, str) or not value:
            continue
        if "://" in value:
            host = urlsplit(value).hostname or ""
            found |= {host} if host in written else set()
        elif own and name.endswith("host"):
            found.add(value)
    return found - {""}


def written_host(url: str) -> str:
    """Return what stands in the place of the host, as most readers of addresses would find it."""
    place = re.split(r"[/?#\\]", url.partition("://")[2], maxsplit=1)[0]
    place = unicodedata.normalize("NFKC", unquote(place).rpartition("@")[2])
    place = place.translate({ord(dot): "." for dot in "。．｡"})
    host = place.partition("]")[0][1:] if place.startswith("[") else place.partition(":")[0]
    return host.partition("%")[0].rstrip(".").lower()


def is_number(host: str) -> bool:
    """Tell whether the system reads this as an address, or as this machine, without asking.

    A small number is a token of some service: 1234 would be 0.0.4.210, which leads nowhere.
    """
    if host.isdecimal() and 0 < int(host) < 1 << 24:
        return False
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return host == "localhost" or host.endswith(".localhost")
    return True
