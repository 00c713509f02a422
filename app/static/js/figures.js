// Draws the charts of the start page from the data that stands in it; the table below says the same in words.
(() => {
  const holder = document.getElementById("figures-data");
  if (!holder || typeof Chart === "undefined") return;
  const data = JSON.parse(holder.dataset.figures);
  const colors = ["#1d5fa8", "#2c7a4b", "#b3541e"];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const common = { responsive: true, maintainAspectRatio: false, animation: still ? false : { duration: 300 } };
  const whole = { beginAtZero: true, ticks: { precision: 0 } };
  const weeks = document.getElementById("chart-weeks");
  if (weeks) {
    new Chart(weeks, {
      type: "bar",
      data: { labels: data.weeks, datasets: data.series.map((one, n) => ({ ...one, backgroundColor: colors[n] })) },
      options: { ...common, scales: { y: whole } },
    });
  }
  const products = document.getElementById("chart-products");
  if (products && data.products.length) {
    new Chart(products, {
      type: "bar",
      data: { labels: data.products, datasets: [{ label: data.onHand, data: data.doses, backgroundColor: colors[0] }] },
      options: { ...common, indexAxis: "y", scales: { x: whole }, plugins: { legend: { display: false } } },
    });
  }
})();
