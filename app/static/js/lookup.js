// A relation to a large table: the person types, the server answers with at most a few rows.
// <select data-look-up="/address">: the words typed go by POST, so that no name stands in an address;
// the answer is {"results": [{"id": .., "text": ..}]}.
(function ($) {
  "use strict";
  if (!$ || !$.fn.select2) return;
  const marks = (select) => {
    const form = select.closest("form");
    const value = (name) => (form.querySelector(`input[name="${name}"]`) || document.querySelector(`input[name="${name}"]`) || {}).value || "";
    return { token: value("csrf_token"), place: value("_place") };
  };
  document.querySelectorAll("select[data-look-up]").forEach((select) => {
    const method = select.dataset.method || "POST";
    $(select).select2({
      width: "100%",
      allowClear: !select.required,
      placeholder: select.dataset.placeholder || "",
      minimumInputLength: Number(select.dataset.minimum || 0),
      language: document.documentElement.lang,
      ajax: {
        url: select.dataset.lookUp,
        delay: 250,
        type: method,
        dataType: "json",
        headers: method === "POST" ? { "X-CSRFToken": marks(select).token, "X-Place": marks(select).place } : {},
        data: (asked) => ({ q: asked.term || "" }),
      },
    });
    const box = select.parentElement.querySelector(".select2-selection");
    ["aria-describedby", "aria-invalid"].forEach((name) => {
      if (box && select.hasAttribute(name)) box.setAttribute(name, select.getAttribute(name));
    });
  });
})(window.jQuery);
