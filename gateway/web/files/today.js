// Today: a tap is shown at once and sent behind; what happens elsewhere is followed.
import { say, words } from "./app.js";
import * as outbox from "./outbox.js";

const data = document.body.dataset;
const skew = Number(data.now) - Date.now();
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
const day = () => $("#day");
const text = (said, values) => said.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

/** Return the logical day of now, by the clock of the server as far as it is known. */
function logicalDay(shift = 0) {
  const now = Date.now() + (Math.abs(skew) > 90000 ? skew : 0) - Number(data.dayStart) * 60000;
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: data.zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(new Date(now + shift * 86400000));
}
const isToday = () => day().dataset.day === day().dataset.today;
const shownDay = () => (isToday() ? logicalDay() : day().dataset.day);

// -- what a tap means ---------------------------------------------------------------------------

function number(field) {
  // A decimal comma is a point; what is not plainly a number is left to the server's reading.
  const typed = field?.value.trim().replace(/[\s\u00a0]/g, "").replace(",", ".");
  return typed && /^\d+(\.\d+)?$/.test(typed) ? Number(typed) : typed ? NaN : null;
}

function changeOf(row, button) {
  const habit = row.dataset.id, on = shownDay(), label = row.dataset.name;
  const path = (of) => `/v1/habits/${habit}/check-ins/${of}`;
  const note = $("[name=note]", row)?.value.trim();
  const act = button?.name === "by" ? "by" : button?.value || "done";
  const at = isToday() ? new Date().toISOString() : undefined;
  const value = act === "done" ? number($("[name=value]", row)) : null;
  if (Number.isNaN(value)) return null;
  const body = note && note !== $("[name=note]", row).defaultValue ? { note } : {};
  switch (act) {
    case "by": return { method: "POST", path: `${path(on)}/increment`, body: { by: Number(button.value) }, label };
    case "slip": return { method: "POST", path: `${path(on)}/increment`, body: { by: 1 }, label };
    case "clear": return { method: "DELETE", path: path(on), label };
    case "skipped": case "failed": return { method: "PUT", path: path(on), body: { ...body, state: act }, label };
    case "yesterday": return { method: "PUT", path: path(logicalDay(-1)), body, label };
    default: return { method: "PUT", path: path(on), body: value === null ? body : { ...body, value }, label, at };
  }
}

// -- shown at once ------------------------------------------------------------------------------

const format = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 3 });
function amount(row, value) {
  if (row.dataset.measure !== "duration") return format.format(value);
  const parts = [[words.h, Math.floor(value / 3600)], [words.min, Math.floor(value / 60) % 60], [words.s, Math.floor(value) % 60]];
  return parts.filter(([, n]) => n).map(([said, n]) => text(said, { n })).join(" ") || text(words.min, { n: 0 });
}

function showOn(row, change) {
  const needed = Number(row.dataset.needed), was = Number(row.dataset.done) || 0;
  let state = row.dataset.state, done = was;
  if (change.method === "DELETE") { state = ""; done = Math.max(0, was - (Number(row.dataset.value) || 0)); }
  else if (change.path.endsWith("/increment")) {
    done = Math.max(0, was + change.body.by);
    if (row.dataset.kind !== "quit") state = needed && done >= needed ? "done" : done ? "partial" : "";
  } else if (change.body.state) state = change.body.state;
  else {
    const value = change.body.value ?? (row.dataset.measure === "yes_no" ? 1 : Math.max(needed, 1));
    done = was - (Number(row.dataset.value) || 0) + value;
    row.dataset.value = value;
    state = change.body.value === undefined || row.dataset.measure === "yes_no" || done >= needed ? "done" : "partial";
  }
  row.dataset.done = done;
  row.dataset.state = state;
  row.className = `habit ${state} fresh`;
  const tick = $("button.tick", row);
  if (tick) {
    tick.value = state === "done" ? "clear" : "done";
    tick.setAttribute("aria-pressed", String(state === "done"));
  }
  const bar = $("progress", row);
  if (bar) bar.value = done;
  if (row.dataset.pattern && !change.body?.state) $(".progress", row).textContent = text(row.dataset.pattern, { done: amount(row, done) });
  badge();
}

function badge() {
  const due = $$("#day .habit").filter((row) => row.closest("section") && !["done", "skipped", "failed"].includes(row.dataset.state) && row.dataset.kind !== "quit" && !row.closest("[aria-labelledby=later-title]")).length;
  if (isToday()) (due ? navigator.setAppBadge?.(due) : navigator.clearAppBadge?.())?.catch(() => {});
}

// -- undo, for eight seconds --------------------------------------------------------------------

const bar = document.createElement("div");
bar.className = "snackbar";
bar.hidden = true;
bar.innerHTML = '<span></span> <button type="button"></button>';
document.body.append(bar);
let undoing, hiding;
function offerUndo(said, act) {
  $("span", bar).textContent = said;
  $("button", bar).textContent = words.undo;
  bar.hidden = false;
  undoing = act;
  clearTimeout(hiding);
  hiding = setTimeout(hideUndo, 8000);
  say(said);
}
function hideUndo() {
  if (bar.contains(document.activeElement)) $("#title")?.focus();
  bar.hidden = true;
  undoing = null;
}
async function undo() {
  const act = undoing;
  hideUndo();
  if (act) await act();
}
$("button", bar).addEventListener("click", undo);

// -- sending ------------------------------------------------------------------------------------

/** Close the menu of a row; who was in it is back at the row. */
function closeMenu(row) {
  const menu = $("details.menu", row);
  if (menu.open && menu.contains(document.activeElement)) ($("button.tick", row) || $("summary", row)).focus();
  menu.open = false;
}

async function send(row, change) {
  if (change.path.includes(`/${shownDay()}`)) showOn(row, change);
  closeMenu(row);
  let seq;
  try {
    seq = await outbox.put(change);
  } catch {
    // Storage is full or forbidden: then it goes as the form that it is.
    return false;
  }
  bar.dataset.seq = seq;
  offerUndo(text(words.logged, { habit: row.dataset.name }), async () => {
    if (!(await outbox.drop(seq).catch(() => false))) {
      await outbox.put({ method: "POST", path: "/v1/undo", body: { habit_id: row.dataset.id }, label: row.dataset.name });
    }
    outbox.flush();
    if (navigator.onLine) refreshSoon(400); else overlay();
  });
  outbox.flush();
  return true;
}

document.addEventListener("submit", async (event) => {
  const form = event.target, row = form.closest(".habit");
  if (form.matches("[data-mood]")) return feel(event);
  if (!form.matches("[data-mark]") || event.defaultPrevented) return;
  const change = changeOf(row, event.submitter);
  if (!change) return; // the server reads it, and says what is wrong
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await send(row, change))) {
    const chosen = document.createElement("input");
    Object.assign(chosen, { type: "hidden", name: event.submitter?.name || "do", value: event.submitter?.value || "done" });
    form.append(chosen);
    form.submit();
  }
}, true);

async function feel(event) {
  const form = event.target, mood = Number(event.submitter.value), entry = form.dataset.mood;
  event.preventDefault();
  event.stopImmediatePropagation();
  for (const one of $$("button", form)) one.setAttribute("aria-pressed", String(one === event.submitter));
  const change = entry
    ? { method: "PATCH", path: `/v1/journal/entries/${entry}`, body: { mood } }
    : { method: "POST", path: "/v1/journal/entries", body: { mood, day: shownDay() } };
  await outbox.put({ ...change, label: $("legend", form).textContent, slot: `mood ${shownDay()}` }).catch(() => form.submit());
  say(event.submitter.textContent.trim());
  outbox.flush();
}

// -- following ----------------------------------------------------------------------------------

let due, busy = false;
const refreshSoon = (after = 250) => { clearTimeout(due); due = setTimeout(refresh, after); };
const occupied = () => Boolean($("details.menu[open]", day()) || $(".grabbed") || document.activeElement?.matches("input, textarea"));

async function refresh() {
  if (busy || occupied()) return refreshSoon(1500);
  if ((await outbox.listed()).some((one) => one.state === "waiting")) return;
  busy = true;
  try {
    const answer = await fetch(location.pathname + location.search.replace(/[?&]undo=[^&]*/, ""), { headers: { Accept: "text/html", "X-Ritmo-Part": "1" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.body.dataset.version !== data.version) return location.reload();
    if (occupied() || (await outbox.listed()).some((one) => one.state === "waiting")) return;
    const focused = document.activeElement, row = focused?.closest?.(".habit")?.id, mark = focused?.name;
    const open = $("#done")?.open;
    day().replaceWith(document.adoptNode($("#day", page)));
    if (open !== undefined && $("#done")) $("#done").open = open;
    if (row) ($(`#${CSS.escape(row)} [name="${mark}"]`) || $(`#${CSS.escape(row)} .tick`))?.focus({ preventScroll: true });
    enhance();
  } catch { /* no network: what is shown stays */ } finally { busy = false; }
}

/** Show on the page what waits to be sent; a page that was kept does not know of it. */
async function overlay() {
  if (isToday() && day().dataset.day !== logicalDay()) {
    // The page is of a day before: nothing of the new day is logged but what waits.
    for (const row of $$(".habit")) {
      Object.assign(row.dataset, { state: "", done: "0", value: "" });
      showOn(row, { method: "DELETE", path: "" });
    }
    day().dataset.day = day().dataset.today = logicalDay();
    $("#title").lastChild.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" }).format(new Date(`${logicalDay()}T12:00Z`));
  }
  for (const one of await outbox.listed()) {
    if (one.state !== "waiting") continue;
    if (one.slot === `mood ${shownDay()}`) {
      for (const face of $$("[data-mood] button")) face.setAttribute("aria-pressed", String(Number(face.value) === one.body.mood));
    }
    const found = one.path.match(/^\/v1\/habits\/([^/]+)\/check-ins\/([^/]+)/);
    const row = found && found[2] === shownDay() && document.getElementById(`h-${found[1]}`);
    if (row) showOn(row, one);
  }
}

outbox.on("sent", () => refreshSoon());
if (window.EventSource) {
  const events = new EventSource("/v1/events");
  const names = ["habits.habit_checked_in", "habits.check_in_removed", "habits.habit_created", "habits.habit_changed", "habits.habit_archived", "habits.habit_binned", "habits.habit_restored", "journal.entry_written", "journal.entry_deleted", "reset"];
  for (const name of names) events.addEventListener(name, () => refreshSoon());
  addEventListener("pagehide", () => events.close());
}
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  if (isToday() && day().dataset.day !== logicalDay() && navigator.onLine) location.assign("/");
  else refreshSoon();
});
addEventListener("pageshow", (event) => event.persisted && refreshSoon(0));

// -- timers, order, keys ------------------------------------------------------------------------

const timers = () => JSON.parse(localStorage.getItem(`timers ${data.user}`) || "{}");
const keepTimers = (all) => localStorage.setItem(`timers ${data.user}`, JSON.stringify(all));
function showTimers() {
  const running = timers();
  for (const button of $$("[data-timer]")) {
    const row = button.closest(".habit"), began = running[row.dataset.id];
    button.hidden = false;
    let chip = $(".chip.running", row);
    if (began && !chip) {
      chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip running";
      $(".quick", row).append(chip);
    }
    if (!began) { chip?.remove(); continue; }
    const seconds = Math.max(0, Math.floor((Date.now() - began) / 1000));
    chip.textContent = `■ ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    chip.setAttribute("aria-label", `${words.stop}: ${row.dataset.name}`);
  }
}
setInterval(showTimers, 1000);

document.addEventListener("click", (event) => {
  const row = event.target.closest(".habit");
  if (event.target.closest("[data-timer]")) {
    keepTimers({ ...timers(), [row.dataset.id]: Date.now() });
    $("details.menu", row).open = false;
    showTimers();
  } else if (event.target.closest(".chip.running")) {
    const all = timers(), seconds = Math.max(1, Math.round((Date.now() - all[row.dataset.id]) / 1000));
    delete all[row.dataset.id];
    keepTimers(all);
    showTimers();
    send(row, { method: "POST", path: `/v1/habits/${row.dataset.id}/check-ins/${shownDay()}/increment`, body: { by: seconds }, label: row.dataset.name });
  }
});

let grabbed, before;
const order = () => $$("#day .habit").map((row) => row.dataset.id);
function grab(grip) {
  grabbed = grip.closest(".habit");
  before = grabbed.nextElementSibling;
  grabbed.classList.add("grabbed");
  say(words.grabbed);
}
function move(step) {
  const other = step < 0 ? grabbed.previousElementSibling : grabbed.nextElementSibling;
  if (other) other[step < 0 ? "before" : "after"](grabbed);
  $("[data-grip]", grabbed).focus();
}
async function release(keep) {
  const row = grabbed;
  row.classList.remove("grabbed");
  grabbed = null;
  if (!keep) return before ? before.before(row) : row.parentElement.append(row);
  closeMenu(row);
  say(words.dropped);
  await outbox.put({ method: "PUT", path: "/v1/habit-order", body: { habit_ids: order() }, label: words.order, slot: "order" });
  outbox.flush();
}
document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-grip]");
  if (!grip || grabbed) return;
  event.preventDefault();
  grab(grip);
  grip.setPointerCapture(event.pointerId);
  const drag = ({ clientX, clientY }) => {
    const over = document.elementsFromPoint(clientX, clientY).map((one) => one.closest(".habit")).find((one) => one && one !== grabbed);
    if (over?.parentElement === grabbed.parentElement) over[over.compareDocumentPosition(grabbed) & 4 ? "before" : "after"](grabbed);
  };
  const drop = () => { grip.removeEventListener("pointermove", drag); release(true); };
  grip.addEventListener("pointermove", drag);
  grip.addEventListener("pointerup", drop, { once: true });
  grip.addEventListener("pointercancel", drop, { once: true });
});

const keysOff = () => localStorage.getItem("keys") === "off";
document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(".habit"), typing = event.target.matches?.("input, textarea, select");
  const grip = event.target.closest?.("[data-grip]");
  if (grip && [" ", "Enter"].includes(event.key)) {
    event.preventDefault();
    return grabbed ? release(true) : grab(grip);
  }
  if (grabbed) {
    if (event.key === "Escape") { release(false); grip?.focus(); }
    if (event.key === "ArrowUp" || event.key === "ArrowDown") { event.preventDefault(); move(event.key === "ArrowUp" ? -1 : 1); }
    return;
  }
  if (event.key === "Escape" && row && $("details.menu", row).open) {
    $("details.menu", row).open = false;
    return $("summary", row).focus();
  }
  if (typing || event.altKey || event.metaKey || $("dialog[open]")) return;
  if (event.key === "z" && event.ctrlKey) { event.preventDefault(); return undo(); }
  if (event.ctrlKey) return;
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.target.closest?.("summary")) {
    const all = $$("#day .habit").filter((one) => one.offsetParent), at = all.indexOf(row);
    const next = all[at < 0 ? 0 : at + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); ($("button.tick", next) || $("summary", next)).focus(); }
    return;
  }
  if (event.key === "?") return $("#keys").showModal();
  if (keysOff()) return;
  if (event.key === "[") $("[rel=prev]")?.click();
  else if (event.key === "]") $("[rel=next]")?.click();
  else if (event.key === "u") undo();
  else if (row && event.key === "+") $(".chip", row)?.click();
  else if (row && event.key === "m") { $("details.menu", row).open = true; $("details.menu input, details.menu button", row)?.focus(); }
  else return;
  event.preventDefault();
});
const off = $("#keys input");
if (off) {
  off.checked = keysOff();
  off.addEventListener("change", () => localStorage.setItem("keys", off.checked ? "off" : "on"));
}

// Another day by a swipe; not where something scrolls or is moved.
let from;
document.addEventListener("touchstart", (event) => { from = grabbed ? null : event.changedTouches[0]; }, { passive: true });
document.addEventListener("touchend", (event) => {
  const to = event.changedTouches[0];
  if (!from || Math.abs(to.clientX - from.clientX) < 90 || Math.abs(to.clientY - from.clientY) > 40 || occupied()) return;
  $(to.clientX > from.clientX ? "[rel=prev]" : "[rel=next]")?.click();
}, { passive: true });

// A long press opens the menu.
let pressing;
document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest(".habit");
  if (!row || event.target.closest("details, .chip")) return;
  pressing = setTimeout(() => {
    $("details.menu", row).open = true;
    document.addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { capture: true, once: true });
  }, 550);
});
for (const name of ["pointerup", "pointercancel", "pointermove"]) document.addEventListener(name, () => clearTimeout(pressing), { passive: true });

function enhance() {
  for (const grip of $$("[data-grip]")) grip.hidden = false;
  showTimers();
  badge();
}
enhance();
overlay();
