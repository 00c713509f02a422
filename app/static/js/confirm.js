// Asks before an act: a submit button with data-confirm opens the page's dialog; without scripts it just posts.
(function () {
  "use strict";
  const dialog = document.getElementById("c-confirm");
  if (!dialog || !dialog.showModal) return;
  let asking = null;

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-confirm]");
    if (!button || event.defaultPrevented || button === asking) return;
    event.preventDefault();
    asking = button;
    document.getElementById("c-confirm-text").textContent = button.dataset.confirm;
    dialog.showModal();
  });

  dialog.addEventListener("click", (event) => {
    const answer = event.target.closest("[data-answer]");
    if (answer) dialog.close(answer.dataset.answer);
  });

  dialog.addEventListener("close", () => {
    const button = asking;
    asking = null;
    if (!button) return;
    if (dialog.returnValue === "yes") button.form.requestSubmit(button);
    else button.focus();
    dialog.returnValue = "";
  });
})();
