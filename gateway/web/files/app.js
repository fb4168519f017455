// What every page has: small conveniences, each of which a page works without.
// Scripts call /v1 by `call`: the cookie says who asks, the header that a page of ours does.

/** Return the texts that a page brought for scripts. */
export const words = JSON.parse(document.getElementById("words")?.textContent || "{}");

/** Ask /v1; returns the response. `body` is sent as JSON. */
export function call(method, path, body, headers = {}) {
  const init = { method, headers: { "X-Ritmo-Page": "1", Accept: "application/json", ...headers } };
  if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  return fetch(path, init);
}

/** Say something to whoever listens to the page. */
export function say(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = text; });
}

for (const zone of document.querySelectorAll("[data-zone]")) {
  zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
for (const hint of document.querySelectorAll("[data-insecure]")) hint.hidden = window.isSecureContext;

// -- without a network ----------------------------------------------------------------------------

if ("serviceWorker" in navigator && document.body.dataset.signedIn !== undefined) {
  navigator.serviceWorker.register("/sw.js").catch(() => {});
}

const waiting = document.getElementById("waiting");
if (waiting && document.body.dataset.user) {
  import("./outbox.js").then((outbox) => {
    const plural = new Intl.PluralRules(document.documentElement.lang);
    const form = { one: 0, few: 1, many: 2, other: document.documentElement.lang === "ru" ? 1 : 2 };
    let out = false;
    const show = async () => {
      const items = await outbox.listed(), refused = items.filter((one) => one.state === "refused");
      waiting.hidden = !items.length;
      waiting.classList.toggle("has-refused", refused.length > 0);
      const count = items.length - refused.length, said = [];
      if (count) said.push(words.waiting[form[plural.select(count)]].replace("{n}", count));
      if (refused.length) said.push(`${words.refused}: ${refused.length}`);
      document.getElementById("waiting-count").textContent = said.join(" · ");
      const list = waiting.querySelector("ul");
      list.replaceChildren(...items.map((one) => {
        const line = document.createElement("li"), text = document.createElement("span");
        text.textContent = one.detail ? `${one.label}: ${one.detail}` : one.label;
        line.append(text);
        if (one.state === "refused") {
          for (const [name, act] of [[words.again, outbox.again], [words.drop, outbox.drop]]) {
            const button = document.createElement("button");
            Object.assign(button, { type: "button", className: "quiet", textContent: name });
            button.setAttribute("aria-label", `${name}: ${one.label}`);
            button.addEventListener("click", () => act(one.seq));
            line.append(button);
          }
        }
        return line;
      }));
      if (out && count) {
        const line = document.createElement("li"), link = document.createElement("a");
        link.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
        link.textContent = words.signIn;
        line.append(link);
        list.prepend(line);
      }
    };
    outbox.onchange(show);
    outbox.on("signed-out", () => { out = true; show(); });
    show();
    for (const leaving of document.querySelectorAll("[data-sign-out]")) {
      leaving.addEventListener("submit", async (event) => {
        event.preventDefault();
        event.stopPropagation();
        if ((await outbox.listed()).length && !confirm(words.leave)) return;
        indexedDB.deleteDatabase("ritmo");
        if (window.caches) for (const name of await caches.keys()) await caches.delete(name);
        leaving.submit();
      });
    }
  });
}

// A form that is on its way is not sent a second time by an impatient finger.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  if (form.dataset.confirm && !event.defaultPrevented && !confirm(form.dataset.confirm)) {
    event.preventDefault();
    delete form.dataset.sent;
  }
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

if (document.querySelector("[data-passkey], [data-sign-in], [data-add-passkey]")) import("./sign-in.js");
