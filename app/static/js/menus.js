// The main menu's button on narrow screens, and disclosures that close when one leaves them.
(function () {
  "use strict";
  const toggle = document.querySelector(".c-toggle");
  const nav = document.getElementById("c-menu");

  function show(open) {
    toggle.setAttribute("aria-expanded", String(open));
    nav.classList.toggle("c-nav-open", open);
  }

  if (toggle && nav) {
    toggle.addEventListener("click", () => show(toggle.getAttribute("aria-expanded") !== "true"));
    nav.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.target.closest("details[open]") && nav.classList.contains("c-nav-open")) {
        show(false);
        toggle.focus();
      }
    });
  }

  const menus = document.querySelectorAll("details.c-menu");
  function closeOthers(kept) {
    menus.forEach((menu) => { if (menu !== kept) menu.open = false; });
  }
  menus.forEach((menu) => {
    menu.addEventListener("toggle", () => { if (menu.open) closeOthers(menu); });
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
  });
  document.addEventListener("click", (event) => closeOthers(event.target.closest("details.c-menu")));
})();
