// What the pages need beside htmx. Everything here only helps: forms work without it,
// but for reading a certificate file before it is saved.
"use strict";

const byId = (id) => document.getElementById(id);

// --- copy ------------------------------------------------------------------------

async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    return navigator.clipboard.writeText(text);
  }
  // plain HTTP: the old way is the only one. In the open dialog, if there is one:
  // nothing outside of it can be selected
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr";
  (document.querySelector("dialog[open]") || document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error(document.body.dataset.noCopy);
}

function tell(text, state) {
  const place = byId("note");
  const card = document.createElement("div");
  card.className = "card toast";
  card.dataset.state = state;
  card.textContent = text;
  place.replaceChildren(card);
  setTimeout(() => card.remove(), 4000);
}

async function secretOf(button) {
  const row = await fetch(button.dataset.copyFrom, {
    method: "POST",
    headers: { "X-CSRF-Token": button.dataset.csrf, "HX-Request": "true" },
  });
  const page = new DOMParser().parseFromString(await row.text(), "text/html");
  const found = page.querySelector("code");
  if (!row.ok || !found) throw new Error(page.body.textContent.trim());
  return found.textContent;
}

async function onCopy(button) {
  try {
    await copy(button.dataset.copy ?? (await secretOf(button)));
    tell(button.dataset.copied, "ok");
    const use = button.querySelector("use");
    const before = use.getAttribute("href");
    if (before !== "#i-check") {
      use.setAttribute("href", "#i-check");
      setTimeout(() => use.setAttribute("href", before), 2000);
    }
  } catch (error) {
    tell(error.message, "err");
  }
}

// --- dialogs, where the browser does not know `commandfor` yet ---------------------

function onCommand(button) {
  if ("commandForElement" in HTMLButtonElement.prototype) return;
  const target = byId(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "show-modal") target.showModal();
  if (button.getAttribute("command") === "close") target.close();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("copy" in button.dataset || "copyFrom" in button.dataset) onCopy(button);
  if (button.hasAttribute("commandfor")) onCommand(button);
  if ("close" in button.dataset) button.closest(".toast").remove();
  if ("remove" in button.dataset) {
    const list = button.closest("ul");
    button.closest("li").remove();
    list.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) event.target.closest("dialog")?.close();
});

document.addEventListener("htmx:sendError", () => {
  tell(document.body.dataset.offline, "err");
});

// --- what takes long shows that it goes on ------------------------------------------

const SOON = 700; // milliseconds that need no progress
let working = 0;
let patience = 0;

function work(more) {
  const bar = byId("working");
  working = Math.max(0, working + more);
  clearTimeout(patience);
  if (!bar) return;
  if (working) patience = setTimeout(() => (bar.hidden = false), SOON);
  else bar.hidden = true;
}

document.addEventListener("htmx:beforeRequest", () => work(1));
document.addEventListener("htmx:afterRequest", () => work(-1));
document.addEventListener("submit", (event) => {
  // a download leaves the page where it is
  const button = event.submitter;
  if (!event.defaultPrevented && !("download" in (button?.dataset ?? {}))) work(1);
});
window.addEventListener("pageshow", () => work(-working));

// --- menus close by Escape, and when something else is pressed ----------------------

function leave(menu) {
  const inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) menu.querySelector("summary").focus();
}

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && !event.defaultPrevented && document.querySelector("details.menu[open]");
  if (!menu || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  leave(menu);
});

document.addEventListener("pointerdown", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// --- search: the key / goes there from anywhere but a field ------------------------------

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("main input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
});

// --- theme and time zone: cookies, so that the server renders what fits ------------

function remember(name, value) {
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax${secure}`;
}

remember("zone", Intl.DateTimeFormat().resolvedOptions().timeZone);

byId("theme")?.addEventListener("change", (event) => {
  remember("theme", event.target.value);
  document.documentElement.dataset.theme = event.target.value;
});

// --- the integrations page -----------------------------------------------------------

// What the form held when it was shown; files and what htmx replaced count too.
const stateOf = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));
let clean = null;

function watch() {
  const form = byId("integration");
  clean = form && !("refused" in form.dataset) ? stateOf(form) : null;
}

function unsaved() {
  const form = byId("integration");
  return Boolean(form && byId("save") && stateOf(form) !== clean);
}

function showUnsaved() {
  const line = byId("save-state");
  if (line) line.textContent = unsaved() ? line.dataset.dirty : "";
}

document.addEventListener("input", (event) => {
  if (event.target.form?.id === "integration") showUnsaved();
});

document.addEventListener("change", (event) => {
  if (event.target.closest("#integration") && event.target.id !== "mailbox") showUnsaved();
  if ("pick" in event.target.dataset) {
    const ask = byId("save-state")?.dataset.ask;
    if (!unsaved() || window.confirm(ask)) {
      clean = stateOf(byId("integration"));
      event.target.form.submit();
    } else {
      event.target.value = [...event.target.options].find((each) => each.defaultSelected).value;
    }
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-discard]");
  if (link) clean = stateOf(byId("integration"));
});

window.addEventListener("beforeunload", (event) => {
  if (unsaved()) event.preventDefault();
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id === "integration" || event.target.id === "integration") watch();
  if (event.target.id === "certificates") showUnsaved();
  if (event.target.id === "integration") document.querySelector("#integration [aria-invalid=true]")?.focus();
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s" && byId("save")) {
    event.preventDefault();
    byId("integration").requestSubmit(byId("save"));
  }
  const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  const grip = way && event.target.closest?.("[data-grip]");
  if (!grip) return;
  event.preventDefault();
  byId(grip.dataset.grip)?.querySelector(`[value=${way}]`)?.click();
});

document.querySelectorAll("dialog[data-open]").forEach((dialog) => dialog.showModal());
watch();
