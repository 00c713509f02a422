// Recording a dose: the reason shows where the chosen lot asks for one, and the time proposed keeps up with the clock.
(function () {
  "use strict";
  const form = document.getElementById("c-dose-form");
  if (!form) return;

  const override = form.querySelector("[data-override]");
  const show = () => {
    const lot = form.querySelector('input[name="lot"]:checked');
    if (override) override.hidden = !(override.hasAttribute("data-keep") || !lot || lot.hasAttribute("data-against"));
    form.querySelectorAll("[data-for-lot]").forEach((line) => { line.hidden = !lot || line.dataset.forLot !== lot.value; });
  };
  form.addEventListener("change", show);
  show();

  const time = form.elements.given_at;
  let proposed = time ? time.value : "";
  const start = new Date(proposed);
  const made = Date.now();
  const two = (number) => String(number).padStart(2, "0");
  const keepUp = () => {
    if (!time || time.value !== proposed || document.activeElement === time) return;
    const now = new Date(start.getTime() + Date.now() - made);
    proposed = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}T${two(now.getHours())}:${two(now.getMinutes())}`;
    time.value = proposed;
  };
  if (form.hasAttribute("data-fresh") && !Number.isNaN(start.getTime())) window.setInterval(keepUp, 15000);
})();
