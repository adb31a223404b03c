document.addEventListener("DOMContentLoaded", async () => {
  addThemeSwitch(document.getElementById("theme"));
  document.querySelectorAll("table.sortable").forEach((table) => addSort(table, sortTable));
  const regroup = document.getElementById("regroup");
  if (regroup) { addRegroup(regroup, document.getElementById("topic-table")); }
  addDownloads();
  addProbes();
  const series = await readPacked("series");
  addCompare(series);
  addSparkValues(series);
  const corrections = addCorrections();
  const [data, index, held] = await Promise.all([readData(), readPacked("index"), readPacked("abstracts")]);
  if (data) {
    addIndex(data, index);
    data.abstracts = held ? addAbstracts(held) : new Map();
    addPapers(data, corrections);
    addMap(data);
  }
  addFolds();
  // Milliseconds after the address was given: by this tests and the benchmark know that all is there.
  const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await drawn(); // sizes are known now
  await drawn();
  root.dataset.ready = String(Math.round(performance.now()));
});
