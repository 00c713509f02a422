// Forms: attention goes to what was wrong or found, a double tap sends once, empty filters stay out of the address.
(function () {
  "use strict";
  const first = document.querySelector("[data-focus]");
  if (first) first.focus();

  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    const now = Date.now();
    if (now - (sent.get(form) || 0) < 3000) event.preventDefault();
    else sent.set(form, now);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form").forEach((form) => sent.delete(form));
  });

  document.querySelectorAll("form[data-drops-empty]").forEach((form) => {
    form.addEventListener("formdata", (event) => {
      [...event.formData.entries()].forEach(([name, value]) => { if (value === "") event.formData.delete(name); });
    });
  });
})();
