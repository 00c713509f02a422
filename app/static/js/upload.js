// Bulk upload: drop a file on the field, hear at once when it is too large, and see that it is being checked.
(function () {
  "use strict";
  const form = document.getElementById("c-upload-form");
  if (!form) return;
  const input = form.elements.file;
  const zone = form.querySelector("[data-drop]");
  const status = form.querySelector("[data-status]");
  const over = (yes) => zone.classList.toggle("c-drop-over", yes);

  zone.querySelector(".c-drop-hint").hidden = false;
  ["dragenter", "dragover"].forEach((name) => zone.addEventListener(name, (event) => { event.preventDefault(); over(true); }));
  zone.addEventListener("dragleave", (event) => { if (!zone.contains(event.relatedTarget)) over(false); });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (event.dataTransfer.files.length !== 1) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
  });

  // What is said of a file that is larger than its kind may be; nothing where it is not.
  const tooBig = () => {
    if (!input.files.length) return "";
    const kind = input.files[0].name.toLowerCase().endsWith(".xlsx") ? "xlsx" : "csv";
    return input.files[0].size > form.getAttribute("data-most-" + kind) * 1024 * 1024 ? form.getAttribute("data-too-big-" + kind) : "";
  };
  input.addEventListener("change", () => {
    const words = tooBig();
    input.setAttribute("aria-invalid", String(words !== ""));
    status.textContent = words;
    status.classList.toggle("c-wrong", words !== "");
  });
  form.addEventListener("submit", (event) => {
    if (tooBig()) {
      event.preventDefault();
      input.focus();
      return;
    }
    status.textContent = form.dataset.wait;
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) status.textContent = ""; });
})();
