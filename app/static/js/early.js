// Before anything is drawn: says that scripts run, so that what collapses may collapse, and gives up what was sent.
document.documentElement.classList.add("c-js");
// The answer to a form stands in the browser's history as a page that was asked for. Else the browser keeps what was
// sent, names and all, in its own files, and sends it again when somebody reloads or goes back.
(function () {
  "use strict";
  const answers = document.documentElement.dataset.answers; // "page": the address can be asked for; "button": it cannot
  if (!answers) return;
  const from = document.referrer && new URL(document.referrer).origin === location.origin ? document.referrer : "/start/";
  history.replaceState(history.state, "", answers === "page" ? location.href : from);
})();
