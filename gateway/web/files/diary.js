// The diary: what is being written is kept in this browser until it is sent; search as one types.

const sent = new URLSearchParams(location.search).get("said") === "saved";

if (sent) {
  const key = sessionStorage.getItem("ritmo.sent");
  if (key) localStorage.removeItem(key);
}

for (const form of document.querySelectorAll("[data-draft]")) {
  const key = `ritmo.draft.${form.dataset.draft}`;
  const kept = localStorage.getItem(key);
  if (kept && !form.querySelector(".alert")) fill(form, JSON.parse(kept));
  form.addEventListener("input", () => {
    const now = Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "form_token" && name !== "version"));
    try { localStorage.setItem(key, JSON.stringify(now)); } catch { /* full or forbidden: the form itself still holds it */ }
  });
  form.addEventListener("submit", () => { try { sessionStorage.setItem("ritmo.sent", key); } catch { /* see above */ } });
}
function fill(form, words) {
  let changed = false;
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden") continue;
    const box = field.type === "checkbox" || field.type === "radio";
    const value = box ? words[field.name] === field.value : words[field.name] ?? "";
    if (box ? field.checked !== value : field.value !== value) changed = true;
    if (box) field.checked = value; else field.value = value;
  }
  form.querySelector("[data-kept]").hidden = !changed;
}

const search = document.querySelector("form.search");
let waiting;
search?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const query = new URLSearchParams(new FormData(search));
    const answer = await fetch(`/diary?${query}`, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("entries").replaceChildren(...page.getElementById("entries").childNodes);
    history.replaceState(null, "", query.get("search") ? `/diary?${query}` : "/diary");
  }, 250);
});
