// Lists: one box ticks all rows, acts on rows need a row, and only a table that overflows takes the focus.
(function () {
  "use strict";
  document.querySelectorAll("table[data-rows]").forEach((table) => {
    const all = table.querySelector("[data-all-rows]");
    if (!all) return;
    const rows = [...table.querySelectorAll("input[name=rowid]")];
    const buttons = document.querySelectorAll(`button[data-needs-rows][form="${rows[0].getAttribute("form")}"]`);
    function update() {
      const ticked = rows.filter((row) => row.checked).length;
      all.checked = ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
      buttons.forEach((button) => { button.disabled = ticked === 0; });
    }
    all.addEventListener("change", () => { rows.forEach((row) => { row.checked = all.checked; }); update(); });
    rows.forEach((row) => row.addEventListener("change", update));
    window.addEventListener("pageshow", update);
    update();
  });

  function fit() {
    document.querySelectorAll(".c-scroll").forEach((region) => {
      if (region.scrollWidth > region.clientWidth) region.setAttribute("tabindex", "0");
      else region.removeAttribute("tabindex");
    });
  }
  window.addEventListener("resize", fit);
  fit();
})();
