// Rules are dragged by their grips, with mouse, pen or finger; among those of their
// level. The arrow keys and the menu do the same (gateway.js).
"use strict";

(() => {
  let drag = null;

  const rows = () => [...document.querySelectorAll(`#rules > [data-level=${drag.row.dataset.level}]`)];
  const order = () => [...document.querySelectorAll("#rules > [data-rule]")].map((row) => row.dataset.rule);

  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest?.("[data-grip]");
    if (!grip || event.button !== 0) return;
    const row = grip.closest("[data-rule]");
    drag = { grip, row, before: order().join(), next: row.nextElementSibling };
    grip.setPointerCapture(event.pointerId);
  });

  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.row.classList.add("dragged");
    for (const other of rows()) {
      if (other === drag.row) continue;
      const box = other.getBoundingClientRect();
      const below = drag.row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
      const middle = box.top + box.height / 2;
      if (below && event.clientY > middle) other.after(drag.row);
      else if (!below && event.clientY < middle) other.before(drag.row);
    }
  });

  function end(saved) {
    if (!drag) return;
    const { row, before, next } = drag;
    row.classList.remove("dragged");
    drag = null;
    if (!saved) row.parentElement.insertBefore(row, next);
    if (order().join() === before) return;
    const form = byId("order");
    form.querySelectorAll("[name=rule]").forEach((old) => old.remove());
    form.elements.moved.value = row.dataset.rule;
    for (const rule of order()) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "rule", value: rule });
      form.append(field);
    }
    htmx.trigger(form, "dropped");
  }

  document.addEventListener("pointerup", () => end(true));
  document.addEventListener("pointercancel", () => end(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && end(false));
})();
