// The page: tables that sort and filter, a line to cite, and details that are open in print.
(function () {
  const number = (words) => {
    const found = words.replace(/,/g, "").match(/-?\d+(\.\d+)?/);
    return /^no |^unknown|^–/.test(words) || !found ? NaN : (/^less/.test(words) ? 0.5 : 1) * Number(found[0]);
  };
  function sort(table, column, down) {
    const rows = Array.from(table.tBodies[0].rows);
    const text = (row) => row.cells[column].textContent.trim();
    const numeric = table.tHead.rows[0].cells[column].classList.contains("num");
    rows.sort((a, b) => {
      if (!numeric) return text(a).localeCompare(text(b), "en") * down;
      const x = number(text(a)), y = number(text(b));
      // What is no number comes last, whichever way.
      if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
      return (x - y) * down;
    });
    table.tBodies[0].append(...rows);
  }
  document.querySelectorAll("table").forEach((table) => {
    const rows = table.tBodies[0].rows.length;
    if (rows < 4) return;
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button"; button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down > 0 ? "ascending" : "descending");
        sort(table, column, down);
      });
    });
    if (rows < 12) return;
    const label = document.createElement("label"), field = document.createElement("input");
    label.className = "find"; label.append("Filter rows: ", field);
    field.type = "search";
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    table.parentElement.before(label);
  });

  const cite = document.getElementById("cite-copy"), line = document.getElementById("cite-text");
  if (cite) {
    cite.hidden = false;
    cite.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(line.textContent);
        cite.textContent = "Copied";
      } catch {
        const range = document.createRange();
        range.selectNodeContents(line);
        getSelection().removeAllRanges(); getSelection().addRange(range);
        cite.textContent = "Selected: copy with Ctrl-C";
      }
    });
  }

  // Only what really scrolls is a stop of the tab key.
  const regions = document.querySelectorAll(".scroll");
  const stops = () => regions.forEach((region) => {
    if (region.scrollWidth > region.clientWidth + 1) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  });
  stops();
  addEventListener("resize", stops);
  document.querySelectorAll("details").forEach((each) => each.addEventListener("toggle", stops));

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
})();
