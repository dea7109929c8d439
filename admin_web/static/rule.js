// The form of a rule: the editor, when it may be saved, what is inserted where.
// Without it the form works too; the server decides what may be saved.
"use strict";

(() => {
  const form = byId("rule");
  if (!form) return;
  const area = () => byId("stylesheet");
  const locked = area().matches(":disabled");

  // --- what stands in the form ---------------------------------------------------------

  // what Execute proves; of the other direction's fields nothing counts
  const CONTENT = ["level", "direction", "templateUuid", "templateVersion", "stylesheet", "attributeName", "attributeValue", "validationName", "validationContent"];
  const OWN = { OUT: ["kind", "pattern", "multiple", "validate"], IN: ["fileNamePattern", "zip", "zipKind"] };
  const REST = ["name", "enabled"];
  const proofs = new Map();
  let before = null;
  let leaving = false;
  const asked = new WeakMap(); // by request: a preview may overtake Execute

  function valuesOf(names) {
    const data = new FormData(form);
    return JSON.stringify(names.map((name) => data.getAll(name).map((value) => String(value).replaceAll("\r\n", "\n"))));
  }

  const direction = () => form.elements.direction.value;
  const content = () => valuesOf([...CONTENT, ...OWN[direction()]]);
  const whole = () => content() + valuesOf(REST);
  const unsaved = () => !locked && !leaving && whole() !== before;

  // --- Save ------------------------------------------------------------------------------

  function show() {
    const save = byId("save-rule");
    if (!save) return;
    const proof = proofs.get(content());
    save.disabled = proof === undefined;
    byId("execute-token").value = proof ?? "";
    const why = byId("why");
    if (why.role === "alert") return;
    const { needed, ready, renamed, unchanged } = why.dataset;
    if (proof === undefined) why.textContent = needed;
    else if (whole() === before) why.textContent = why.dataset.said ?? unchanged;
    else why.textContent = proof ? ready : renamed;
  }

  function remember(executed) {
    const token = byId("execute-token").value;
    if (token && executed !== null) proofs.set(executed, token);
  }

  // --- the editor ------------------------------------------------------------------------

  const editor = makeEditor({
    place: byId("editor"),
    area,
    label: byId("editor").dataset.label,
    phrases: JSON.parse(byId("editor").dataset.phrases),
    readOnly: locked,
    changed: show,
    execute: () => byId("execute")?.click(),
  });

  function mark() {
    const link = form.querySelector("[data-line]");
    if (link) editor.mark(Number(link.dataset.line), link.dataset.message);
    else editor.clear();
    form.querySelectorAll("[data-of]").forEach((place) => {
      const wrong = place.querySelector("[data-state=err]");
      if (wrong) byId(place.dataset.of)?.setAttribute("aria-invalid", "true");
      else byId(place.dataset.of)?.removeAttribute("aria-invalid");
    });
  }

  function insertInto(input, text) {
    input.setRangeText(text, input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  }

  // --- requests --------------------------------------------------------------------------

  // One at a time (hx-sync), previews beside them: an older answer would overwrite a
  // newer one's. What was chosen since the question stays itself in what is drawn anew.
  const aside = (event) => /\/(preview|rehearse)$/.test(event.detail.pathInfo.requestPath);
  const chosen = new Set();

  form.addEventListener("change", (event) => chosen.add(event.target), true);

  form.addEventListener("htmx:beforeRequest", (event) => {
    if (!aside(event)) chosen.clear();
    const executed = event.target.id === "execute" ? content() : null;
    asked.set(event.detail.xhr, { stylesheet: editor.text(), executed });
  });

  form.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    for (const control of chosen) {
      if (!target.contains(control)) continue;
      const same = fragment.querySelector(`[name="${control.name}"]`);
      const focused = control === document.activeElement;
      if (same) same.replaceWith(control);
      else event.detail.shouldSwap = false;
      if (focused) setTimeout(() => control.focus());
    }
  });

  form.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful || aside(event)) return mark();
    const { stylesheet, executed } = asked.get(event.detail.xhr);
    const wanted = area().value;
    // typed meanwhile: what is in the editor counts, unless other text was asked for
    if (wanted !== stylesheet) editor.replace(wanted);
    else area().value = editor.text();
    remember(executed);
    if (executed !== null) mark();
    form.querySelectorAll("[type=file]").forEach((file) => chosen.has(file) || (file.value = ""));
    show();
  });

  form.addEventListener("submit", (event) => {
    leaving = true;
    if ("download" in (event.submitter?.dataset ?? {})) setTimeout(() => (leaving = false), 500);
  });

  window.addEventListener("beforeunload", (event) => {
    if (unsaved()) event.preventDefault();
  });

  window.addEventListener("pageshow", () => (leaving = false));

  // --- controls ----------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, a");
    if (!button) return;
    const { insert, insertCode, line } = button.dataset;
    if (insert) insertInto(byId("f-fileNamePattern"), insert);
    if (insertCode) editor.insert(insertCode);
    if (line) {
      event.preventDefault();
      editor.go(Number(line));
    }
    if (button.name === "removeValidation") {
      event.preventDefault();
      button.closest("li").remove();
      show();
    }
    if (button.id === "add-attribute") addAttribute();
    if (button.form?.action.endsWith("/delete")) leaving = true;
  });

  function addAttribute() {
    const list = byId("attributes");
    const row = byId("attribute-row").content.cloneNode(true).firstElementChild;
    list.append(row);
    row.querySelector("input").focus();
  }

  function countAttributes() {
    const names = [...form.querySelectorAll("[name=attributeName]")];
    byId("attribute-count").textContent = names.filter((each) => each.value.trim()).length;
  }

  form.addEventListener("input", show);
  form.addEventListener("change", (event) => {
    if ("insertField" in event.target.dataset && event.target.value) {
      insertInto(byId("f-fileNamePattern"), event.target.value);
      event.target.value = "";
    }
    if (event.target.name === "zip") renameArchive(event.target.checked);
    countAttributes();
    show();
  });

  // the name a new rule begins with has the end of what it sends
  function renameArchive(packed) {
    const pattern = byId("f-fileNamePattern");
    const [from, to] = packed ? [".xml", ".zip"] : [".zip", ".xml"];
    if (pattern.value === `{envelopeUuid}${from}`) pattern.value = `{envelopeUuid}${to}`;
  }

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || locked) return;
    if (event.key === "s") {
      event.preventDefault();
      if (!byId("save-rule").disabled) form.requestSubmit(byId("save-rule"));
    }
    if (event.key === "Enter" && !event.defaultPrevented) {
      event.preventDefault();
      byId("execute").click();
    }
  });

  // the help stays open while one writes, so it is closed by hand; the focus goes back
  const help = byId("help");
  const helper = document.querySelector("button[popovertarget=help]");
  let reading = false;
  help.addEventListener("beforetoggle", () => (reading = help.contains(document.activeElement)));
  help.addEventListener("toggle", (event) => {
    if (event.newState === "closed" && reading) helper.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !help.matches(":popover-open")) return;
    if (document.querySelector("dialog[open]")) return; // which is nearer
    help.hidePopover();
    helper.focus();
  });

  // a file dropped anywhere on the example's pane is the example
  form.addEventListener("dragover", (event) => {
    if (event.target.closest("#example-pane") && byId("f-example")) event.preventDefault();
  });
  form.addEventListener("drop", (event) => {
    const file = byId("f-example");
    if (!event.target.closest("#example-pane") || !file || event.target === file) return;
    event.preventDefault();
    file.files = event.dataTransfer.files;
    file.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // --- as it is shown first ------------------------------------------------------------------

  if ("saved" in form.dataset) {
    proofs.set(content(), "");
    byId("why").dataset.said = byId("why").textContent.trim();
    before = whole();
  } else if (!("touched" in form.dataset)) {
    before = whole();
  }
  remember(content());
  mark();
  show();
  // chosen before this script ran, or filled in again by the browser
  document.addEventListener("DOMContentLoaded", () => {
    const chosen = form.elements.templateUuid;
    if (chosen.value !== chosen.defaultValue) htmx.trigger(chosen, "change");
  });
})();
