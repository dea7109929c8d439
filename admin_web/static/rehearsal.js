// A rule tried on past documents: the results that have come so far, searched.
"use strict";

(() => {
  const list = byId("rehearsal");
  if (!list) return;
  const bar = byId("rehearsal-filter");
  const text = byId("rehearsal-q");
  const outcome = byId("rehearsal-outcome");

  function show() {
    const rows = [...list.querySelectorAll("[data-outcome]")];
    const wanted = text.value.trim().toLowerCase();
    bar.hidden = rows.length === 0;
    rows.forEach((row) => {
      const fits = !outcome.value || row.dataset.outcome === outcome.value;
      row.hidden = !fits || !row.textContent.toLowerCase().includes(wanted);
    });
    const counts = new Map();
    rows.forEach((row) => counts.set(row.dataset.outcome, (counts.get(row.dataset.outcome) ?? 0) + 1));
    const names = [...outcome.options].filter((each) => counts.has(each.value));
    byId("rehearsal-count").textContent = names.map((each) => `${each.textContent}: ${counts.get(each.value)}`).join(" · ");
  }

  text.addEventListener("input", show);
  outcome.addEventListener("change", show);
  // Enter in the search is no Execute
  text.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  document.addEventListener("htmx:afterSettle", show);
  new MutationObserver(show).observe(list, { childList: true });
})();
