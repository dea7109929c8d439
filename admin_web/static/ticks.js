// A list whose lines are ticked: how many are, and all of a page at once.
"use strict";

(() => {
  const ticks = () => [...document.querySelectorAll("#rows input[type=checkbox]")];

  function count() {
    const every = ticks();
    const ticked = every.filter((each) => each.checked).length;
    for (const told of document.querySelectorAll("[data-count]")) {
      told.textContent = told.dataset.count.replace("%", ticked);
    }
    const all = document.getElementById("all");
    if (!all) return;
    all.hidden = every.length === 0;
    all.checked = ticked > 0 && ticked === every.length;
    all.indeterminate = ticked > 0 && ticked < every.length;
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "all") ticks().forEach((each) => (each.checked = event.target.checked));
    count();
  });
  document.addEventListener("reset", () => setTimeout(count));
  document.addEventListener("live:updated", count);
  document.addEventListener("htmx:afterSettle", count);
  count();
})();
