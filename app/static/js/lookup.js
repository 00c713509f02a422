// A relation to a large table: one types, the server answers with at most a few rows, one chooses.
// <select data-ajax="/address" [data-minimum="2"]> becomes a combobox (ARIA 1.2) that fills the select;
// the words typed go by POST, so that no name stands in an address. The answer is {"results": [{id, text}]}.
(function () {
  "use strict";
  const words = document.getElementById("c-look-up-words");

  function mark(name) {
    const input = document.querySelector(`input[name="${name}"]`);
    return input ? input.value : "";
  }

  function make(tag, attributes, parent) {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    if (parent) parent.append(element);
    return element;
  }

  function combobox(select) {
    const id = select.id;
    const label = document.querySelector(`label[for="${id}"]`);
    const box = make("div", { class: "c-combo" });
    select.before(box);
    const input = make("input", {
      id, type: "text", class: "form-control", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": `${id}-choices`,
    }, box);
    const list = make("ul", { id: `${id}-choices`, role: "listbox", "aria-label": label ? label.textContent.trim() : id, hidden: "" }, box);
    const said = make("div", { class: "sr-only", role: "status" }, box);
    ["aria-describedby", "aria-invalid"].forEach((name) => {
      if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    });
    select.id = `${id}-chosen`;
    select.classList.add("c-combo-value");
    select.setAttribute("aria-hidden", "true");
    select.tabIndex = -1;

    const chosen = () => (select.value && select.selectedOptions[0] ? select.selectedOptions[0].textContent.trim() : "");
    let timer = 0;
    let asked = 0;
    let active = -1;
    input.value = chosen();

    function close() {
      clearTimeout(timer);
      asked += 1;
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function choose(key, text) {
      if (![...select.options].some((option) => option.value === key)) select.add(new Option(text, key));
      select.value = key;
      input.value = text;
      close();
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function point(to) {
      const options = [...list.querySelectorAll("[role=option]")];
      if (!options.length) return;
      active = (to + options.length) % options.length;
      options.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
      input.setAttribute("aria-activedescendant", options[active].id);
      options[active].scrollIntoView({ block: "nearest" });
    }

    function show(results) {
      list.replaceChildren();
      results.forEach((row, at) => {
        const option = make("li", { id: `${id}-choice-${at}`, role: "option", "aria-selected": "false" }, list);
        option.textContent = row.text;
        option.addEventListener("click", () => choose(String(row.id), row.text));
      });
      said.textContent = results.length ? `${results.length} ${words.dataset.some}` : words.dataset.none;
      if (!results.length) make("li", { class: "c-combo-none", role: "presentation" }, list).textContent = words.dataset.none;
      active = -1;
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
    }

    async function ask() {
      const typed = input.value.trim() === chosen() ? "" : input.value.trim();
      if (typed.length < Number(select.dataset.minimum || 0)) return close();
      const mine = (asked += 1);
      try {
        const answer = await fetch(select.dataset.ajax, {
          method: "POST",
          headers: { "X-CSRFToken": mark("csrf_token"), "X-Place": mark("_place"), Accept: "application/json" },
          body: new URLSearchParams({ q: typed }),
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const { results } = await answer.json();
        if (mine === asked) show(results);
      } catch {
        if (mine === asked) said.textContent = words.dataset.failed;
      }
    }

    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 250); });
    input.addEventListener("click", () => { if (list.hidden) ask(); });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) ask();
        else point(active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1));
      } else if (event.key === "Enter" && !list.hidden && active >= 0) {
        event.preventDefault();
        list.querySelectorAll("[role=option]")[active].click();
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the input keeps the focus
    input.addEventListener("blur", () => {
      close();
      if (input.value.trim() === "" && select.value) choose("", "");
      else input.value = chosen();
    });
    select.addEventListener("change", () => { input.value = chosen(); });
  }

  document.querySelectorAll("select[data-ajax]").forEach(combobox);
})();
