// Rows of a form in steps: added and taken out at once, without losing what is typed; without scripts the buttons post.
(function () {
  "use strict";
  const form = document.getElementById("c-steps-form");
  if (!form) return;

  const renumber = (section) => section.querySelectorAll(":scope > .c-row").forEach((row, place) => {
    row.querySelectorAll("[data-number]").forEach((number) => { number.textContent = place + 1; });
  });
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-adds], button[data-removes]");
    if (!button) return;
    const section = button.closest("[data-rows]");
    event.preventDefault();
    if (button.hasAttribute("data-adds")) {
      const holder = document.createElement("div");
      holder.innerHTML = section.querySelector(":scope > template").innerHTML.replaceAll("__key__", newKey());
      const row = holder.firstElementChild;
      button.closest(".c-actions").before(row);
      renumber(section);
      row.focus();
      return;
    }
    const row = button.closest(".c-row");
    const next = row.nextElementSibling && row.nextElementSibling.matches(".c-row") ? row.nextElementSibling : section;
    row.remove();
    renumber(section);
    next.focus();
  });

  // Whoever leaves with something typed and not saved is asked.
  let touched = false;
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("submit", () => { touched = false; });
  window.addEventListener("beforeunload", (event) => { if (touched) event.preventDefault(); });
})();
