// Work under way: the bar goes on by itself, and the page comes anew when it is done.
(function () {
  "use strict";
  const part = document.querySelector("[data-progress]");
  if (!part) return;
  const bar = part.querySelector("progress");
  const words = part.querySelector("[data-words]");

  const show = (now) => {
    if (now.status !== part.dataset.status) {
      window.location.reload();
      return;
    }
    if (now.expected) {
      bar.max = now.expected;
      bar.value = now.done;
    }
    if (words.textContent !== now.words) words.textContent = now.words;
    window.setTimeout(ask, 2000);
  };
  const ask = () => {
    fetch(part.dataset.progress, { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
      .then(show)
      .catch(() => window.setTimeout(ask, 10000));
  };
  window.setTimeout(ask, 1000);
})();
