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
