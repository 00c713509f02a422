// Says, before anything is drawn, that scripts run: what collapses may collapse.
document.documentElement.classList.add("c-js");
