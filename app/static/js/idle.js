// Before an idle session lapses a dialog asks whether to stay; after it, the page is covered and leads to sign-in.
(function () {
  "use strict";
  const dialog = document.getElementById("c-idle");
  if (!dialog || !dialog.showModal) return;
  const says = dialog.dataset;
  const warning = Number(says.warning) * 1000;
  const text = document.getElementById("c-idle-text");
  const clock = document.getElementById("c-idle-clock");
  const main = document.getElementById("main");
  let end = Date.now() + Number(says.idle) * 1000;
  let timer = 0;
  let form = null;

  const later = (work, wait) => { clearTimeout(timer); timer = setTimeout(work, Math.max(wait, 0)); };
  const answer = (response) => (response.ok ? response.json() : { seconds: 0 });

  document.addEventListener("input", (event) => {
    const typed = event.target.closest("form");
    if (typed && typed.method === "post" && main.contains(typed)) form = typed;
  });

  // Another tab may have kept the session: the server knows.
  function look() {
    fetch(says.left, { cache: "no-store" }).then(answer).then((told) => {
      end = Date.now() + told.seconds * 1000;
      if (told.seconds <= 0) over();
      else if (end - Date.now() > warning) { close(); later(look, end - Date.now() - warning + 500); }
      else warn();
    }).catch(() => later(look, 5000));
  }

  function warn() {
    if (!dialog.open) { text.textContent = says.words; dialog.showModal(); }
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    clock.textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    later(left ? warn : look, 1000);
  }

  function close() { if (dialog.open) dialog.close(); }

  function over() {
    main.classList.add("c-covered");
    text.textContent = form ? says.keptWords : says.overWords;
    clock.textContent = "";
    dialog.querySelector("[data-stay]").hidden = true;
    dialog.querySelector("[data-out]").hidden = true;
    const again = dialog.querySelector("[data-again]");
    again.hidden = false;
    if (!dialog.open) dialog.showModal();
    again.focus();
  }

  function stay() {
    const marks = new FormData(dialog.querySelector("form"));
    fetch(says.stay, { method: "POST", body: marks }).then(answer).then((told) => {
      if (told.seconds <= 0) { over(); return; }
      end = Date.now() + told.seconds * 1000;
      close();
      later(look, told.seconds * 1000 - warning);
    }).catch(() => later(look, 1000));
  }

  dialog.querySelector("[data-stay]").addEventListener("click", stay);
  dialog.querySelector("[data-again]").addEventListener("click", () => {
    if (form) form.submit();
    else location.assign(says.signIn);
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault(); // Escape stays, as long as one can
    if (!dialog.querySelector("[data-stay]").hidden) stay();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() > end - warning) look(); });
  later(look, end - Date.now() - warning);
})();
