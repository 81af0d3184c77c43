"use strict";
// The panel: every number is looked up in the table of the page; nothing is worked out between its stops.
(function () {
  const source = document.getElementById("panel-data");
  if (!source) return;
  const d = JSON.parse(source.textContent);
  const by = (id) => document.getElementById("panel-" + id);
  const all = (id) => Array.from(by(id).children);
  const state = {}, chosen = { place: -1 };
  d.states.forEach((key, index) => { state[key] = index; });

  // Where a share stands between 0 and 1: the page tells shares by their place in a list of words.
  const last = d.percents.length - 1;
  const height = (code) => code <= 0 ? 0 : code === 1 ? 0.003 : code >= last ? 1 : code === last - 1 ? 0.997 : (code - 1) / 100;
  const shade = (code) => { const s = height(code); return s < 0.05 ? 0 : s < 0.25 ? 1 : s < 0.5 ? 2 : s < 0.95 ? 3 : 4; };
  const stops = d.stops, decades = Math.log10(stops[stops.length - 1]);
  const across = (units) => 52 + 414 * Math.log10(Math.max(units, 1)) / decades;
  const up = (code) => 282 - 250 * height(code);
  const path = (codes) => codes.map((code, n) => (n ? "L" : "M") + across(stops[n]).toFixed(1) + "," + up(code).toFixed(1)).join("");

  const kit = by("kit"), tactic = by("tactic"), light = by("light"), rule = by("rule"), units = by("units"), place = by("place");
  function option(select, value, words) {
    const one = document.createElement("option");
    one.value = value; one.textContent = words; select.append(one);
  }
  d.kits.forEach((each) => option(kit, each.id, each.words));
  Object.entries(d.lights).forEach(([id, words]) => option(light, id, words));
  Object.entries(d.rules).forEach(([id, words]) => option(rule, id, words));
  function tactics() {
    // Posts stand: nobody leads them, and of others nobody asks whether they do.
    const before = tactic.value;
    tactic.replaceChildren();
    Object.entries(d.tactics).forEach(([id, words]) => {
      if ([kit.value, id, light.value, rule.value].join("|") in state) option(tactic, id, words);
    });
    if ([kit.value, before, light.value, rule.value].join("|") in state) tactic.value = before;
  }
  const key = () => [kit.value, tactic.value, light.value, rule.value].join("|");

  const map = all("places"), seenBars = all("bars-seen"), unitBars = all("bars-units"), hits = all("hits");
  function text(id, words) { const node = by(id); if (node.textContent !== words) node.textContent = words; }
  function size(rect, base, tall) {
    rect.setAttribute("y", (base - tall).toFixed(1)); rect.setAttribute("height", tall.toFixed(1));
  }
  function band() {
    const goal = d.goals[[kit.value, tactic.value, light.value].join("|")];
    const inch = light.value === "dark";
    let bar = "", words = "Bands are told for half of all crossings by night, and for every inch in the dark.";
    if (goal) {
      words = (inch ? "Every inch in the dark takes " : "Half of all crossings, by night, takes ") + goal.words;
      if (goal.units[1] !== null) words += " people: median and 5 to 95 % over all assumptions, the bar in the curve";
      words += ".";
      const [low, middle, high] = goal.units;
      if (low !== null && middle !== null) {
        const y = (282 - 250 * goal.share).toFixed(1), most = stops[stops.length - 1];
        const end = across(Math.min(high === null ? most : high, most)), at = across(Math.min(middle, most));
        bar = `M${across(low).toFixed(1)},${y}H${end.toFixed(1)}M${at.toFixed(1)},${(y - 6).toFixed(1)}v12`;
      }
    }
    by("band").setAttribute("d", bar);
    text("goal", words);
  }
  // A name stands beside its line, where that passes a share: on its left, or on its right.
  function name(id, codes, share, left) {
    const n = codes.findIndex((code) => height(code) >= share), label = by("label-" + id);
    if (n < 1) return;
    label.setAttribute("x", (across(stops[n]) + (left ? -9 : 9)).toFixed(1));
    label.setAttribute("y", (up(codes[n]) + (left ? 2 : 12)).toFixed(1));
    label.setAttribute("text-anchor", left ? "end" : "start");
    text("label-" + id, id === "seen" ? "on average" : "weakest place");
  }
  let soon = 0;
  function hear(words) { clearTimeout(soon); soon = setTimeout(() => text("told", words), 400); }

  function show() {
    const s = state[key()], n = Number(units.value), stop = stops[n];
    const k = d.kits.findIndex((each) => each.id === kit.value), people = d.people[k][n];
    const seen = d.place_seen[s][n], out = d.units[s][n];
    text("n", stop.toLocaleString("en")); text("people", people);
    units.setAttribute("aria-valuetext", `${stop} units, ${people} people`);
    text("seen", d.percents[d.seen[s][n]]); text("weakest", d.percents[d.weakest[s][n]]); text("empty", String(d.empty[s][n]));
    const most = Math.max(...out);
    for (let i = 0; i < seen.length; i++) {
      const now = "c" + shade(seen[i]) + (i === chosen.place ? " on" : "");
      map[i].setAttribute("class", now); seenBars[i].setAttribute("class", now);
      size(seenBars[i], 146, 60 * height(seen[i]));
      size(unitBars[i], 206, most > 0 ? 36 * out[i] / most : 0);
    }
    text("most", `units, up to ${most.toLocaleString("en")} at one place`);
    by("line-seen").setAttribute("d", path(d.seen[s]));
    by("line-weakest").setAttribute("d", path(d.weakest[s]));
    name("seen", d.seen[s], 0.62, true); name("weakest", d.weakest[s], 0.3, false);
    by("cursor").setAttribute("d", `M${across(stop).toFixed(1)},32V282`);
    by("line-place").setAttribute("d", chosen.place < 0 ? "" : path(d.place_seen[s].map((row) => row[chosen.place])));
    let words = `${stop} units, ${people} people: ${d.percents[d.seen[s][n]]} seen on average, ${d.percents[d.weakest[s][n]]} at the weakest place, ${d.empty[s][n]} of ${d.segments} segments without a unit.`;
    if (chosen.place >= 0) { const at = about(chosen.place); text("chosen", at); place.setAttribute("aria-valuetext", at); words += " " + at; }
    hear(words);
  }
  function about(i) {
    const s = state[key()], n = Number(units.value), here = d.places[i];
    const some = d.units[s][n][i];
    return `Km ${Math.round(here.a)} to ${Math.round(here.b)}: ${d.percents[d.place_seen[s][n][i]]} seen, ${some > 0 ? some + " units" : "no unit"}. ${here.words}.`;
  }
  function pick(i) {
    if (chosen.place >= 0) hits[chosen.place].removeAttribute("class");
    chosen.place = i;
    hits[i].setAttribute("class", "on");
    place.value = i;
    show();
  }

  let waits = false;
  function later() {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => { waits = false; show(); });
  }
  units.addEventListener("input", later);
  [kit, tactic, light, rule].forEach((select) => select.addEventListener("change", () => { tactics(); band(); show(); }));
  place.addEventListener("input", () => pick(Number(place.value)));
  const tip = by("tip"), whole = document.getElementById("panel");
  [by("places"), by("hits")].forEach((group) => {
    group.addEventListener("click", (event) => { pick(Number(event.target.dataset.i)); place.focus({ preventScroll: true }); });
    group.addEventListener("pointermove", (event) => {
      const box = whole.getBoundingClientRect(), left = event.clientX - box.left;
      tip.textContent = about(Number(event.target.dataset.i));
      tip.hidden = false;
      tip.style.left = Math.max(0, Math.min(left + 12, box.width - 330)) + "px";
      tip.style.top = (event.clientY - box.top + 16) + "px";
    });
    group.addEventListener("pointerleave", () => { tip.hidden = true; });
  });

  if (d.nights.length) {
    const month = by("month"), moon = by("moon");
    [...new Set(d.nights.map((each) => each.month))].forEach((words) => option(month, words, words));
    [...new Set(d.nights.map((each) => each.moon))].forEach((words) => option(moon, words, words));
    const tell = () => {
      const found = d.nights.find((each) => each.month === month.value && each.moon === moon.value);
      text("night-people", found ? found.people : "no number of");
    };
    month.addEventListener("change", tell); moon.addEventListener("change", tell);
    tell();
    by("nights").hidden = false;
  }

  const start = d.start.state.split("|");
  kit.value = start[0]; light.value = start[3]; rule.value = start[4];
  tactics();
  tactic.value = start[1] + "|" + start[2];
  by("controls").hidden = false;
  by("pick").hidden = false;
  whole.querySelector(".static").hidden = true;
  by("controls").addEventListener("submit", (event) => event.preventDefault());
  band();
  show();
})();
