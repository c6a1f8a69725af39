"use strict";
// Draws the report. Whatever comes from a crawled page becomes a text node here, never markup.
(() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const byId = (id) => document.getElementById(id);
  const number = (value) => (value == null ? "–" : value.toLocaleString("en"));
  const percent = (value) => (value == null ? "–" : `${(100 * value).toFixed(value < 0.995 && value > 0 ? 1 : 0)} %`);
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const color = (status) => `var(--s-${status})`;
  const isolate = (text) => `\u2068${text}\u2069`; // keeps a name's direction to itself in a chart

  /** An element with attributes and children; strings become text nodes. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children.filter((child) => child != null));
    return element;
  }

  /** A name in any script, with its own direction. */
  const name = (text) => make("bdi", { dir: "auto" }, text);

  /** The direction in which a text begins. */
  const direction = (text) => (/^[^\p{L}]*[\u0590-\u08ff\ufb1d-\ufefc]/u.test(text) ? "rtl" : "ltr");

  /** A link, if it leads to the web. */
  function link(url) {
    return /^https?:\/\//i.test(url ?? "") ? make("a", { href: url, rel: "noopener noreferrer", dir: "ltr" }, url) : (url ?? "–");
  }

  function dot(fill) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 10 10");
    svg.setAttribute("aria-hidden", "true");
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [key, value] of Object.entries({ cx: 5, cy: 5, r: 5, fill })) circle.setAttribute(key, value);
    svg.append(circle);
    return svg;
  }

  /** A button that reads as a link. */
  function picker(content, action) {
    const button = make("button", { type: "button", class: "pick" }, content);
    button.addEventListener("click", action);
    return button;
  }

  const words = (status) => status.replaceAll("_", " ");
  const badge = (status) => make("span", { class: "badge" }, dot(color(status)), words(status));

  /** Text as it is searched: without marks, tatweel and case. */
  const fold = (text) => text.normalize("NFKD").replace(/[\p{M}\u0640]/gu, "").toLowerCase();

  function legend(entries) {
    return make("ul", { class: "legend" }, ...entries.map(([label, fill]) => make("li", {}, dot(fill), name(label))));
  }

  /** A table; `columns` are [heading, kind], where the kind is a class such as number. */
  function table(columns, rows, more = 0) {
    const body = make("tbody");
    for (const row of rows) {
      body.append(make("tr", {}, ...row.map((cell, at) => make("td", { class: columns[at][1] ?? "" }, cell ?? "–"))));
    }
    const head = make("tr", {}, ...columns.map(([heading, kind]) => make("th", { scope: "col", class: kind ?? "" }, heading)));
    if (!rows.length) return make("p", { class: "none" }, "none");
    const whole = make("div", {}, make("table", {}, make("thead", {}, head), body));
    if (more) whole.append(make("p", { class: "note" }, `and ${number(more)} more`));
    return whole;
  }

  // --- Charts ------------------------------------------------------------------------------------

  const charts = [];
  let showRecords = () => {}; // of filters, each [label, test of a record]; set with the list of records

  /**
   * Draw a chart as wide as its container, with its data as a table below it. `describe(width)` returns
   * Plot options, legend and table; with `pick`, a click on a bar or table row shows the records behind it.
   */
  function chart(id, describe) {
    const place = byId(id);
    const draw = () => {
      const width = Math.max(260, Math.floor(place.clientWidth));
      const { options, key, label, columns, rows, picks, pick } = describe(width);
      const open = place.querySelector("details")?.open ?? false;
      place.replaceChildren();
      if (!rows.length) {
        place.append(make("p", { class: "none" }, "nothing to draw yet"));
        return;
      }
      if (key) place.append(legend(key));
      const plot = Plot.plot({
        width, className: "plot", ariaLabel: label,
        style: { background: "transparent", fontSize: "12px", fontFamily: "inherit" },
        ...options,
      });
      plot.setAttribute("role", "img");
      if (pick) {
        plot.classList.add("linked");
        plot.addEventListener("click", () => plot.value && pick(plot.value));
      }
      place.append(plot);
      const figures = make("details", { class: "figures" }, make("summary", {}, "as a table"));
      const fill = () => { if (figures.open && figures.children.length === 1) figures.append(table(columns, picks ? rows.map((row, at) => [picker(row[0], () => pick(picks[at])), ...row.slice(1)]) : rows)); };
      figures.addEventListener("toggle", fill);
      figures.open = open;
      fill();
      place.append(figures);
    };
    draw();
    charts.push(draw);
    return draw;
  }

  let drawnAt = document.documentElement.clientWidth;
  addEventListener("resize", () => {
    if (document.documentElement.clientWidth === drawnAt) return; // a phone's bars come and go
    drawnAt = document.documentElement.clientWidth;
    requestAnimationFrame(() => charts.forEach((draw) => draw()));
  });

  const outlets = content.outlets;
  const label = (outlet) => `${outlet.name} (${outlet.site} ${outlet.edition})`;
  const several = new Set(outlets.map((outlet) => outlet.name)).size < outlets.length;
  const editionOf = (outlet) => `${outlet.site} ${outlet.edition}`;
  const short = (outlet) => (several ? `${outlet.name} · ${outlet.site} ${outlet.edition}` : outlet.name);
  const total = content.articles;
  const SHOWN = 7;

  // Filters of records.
  const inOutlet = (outlet) => [outlet.name, (r) => r.id.startsWith(`${outlet.site}:${outlet.edition}/${outlet.slug}/`)];
  const inEdition = (edition) => [edition, (r) => r.id.startsWith(`${edition.replace(" ", ":")}/`)];
  const inSite = (site) => [site, (r) => r.id.startsWith(`${site}:`)];
  const withStatus = (status) => [words(status), (r) => r.status === status, status]; // the third is of the status menu
  const published = (when) => [when, (r) => (r.published ?? "").startsWith(when)];

  function series(outlet, step) {
    if (step !== "years") return outlet[step];
    const years = {};
    for (const [month, count] of Object.entries(outlet.months)) years[month.slice(0, 4)] = (years[month.slice(0, 4)] ?? 0) + count;
    return years;
  }

  function articles(width) {
    const chosen = byId("outlet").value;
    const some = chosen === "" ? outlets : [outlets[Number(chosen)]];
    const stack = byId("stack").value;
    if (stack === "status") return byStatus(width, some);
    const step = byId("step").value;
    const within = chosen === "" ? [] : [inOutlet(some[0])];
    if (stack === "site") return stacked(width, step, stack, groupCounts(some, step, (outlet) => outlet.site), (site) => [...within, inSite(site)]);
    if (stack === "edition") return stacked(width, step, stack, groupCounts(some, step, editionOf), (edition) => [...within, inEdition(edition)]);
    const sizes = some.map((outlet) => [outlet, sum(Object.values(series(outlet, step)))]).filter(([, size]) => size).sort((a, b) => b[1] - a[1]);
    const named = new Map(sizes.slice(0, SHOWN).map(([outlet], at) => [outlet, at]));
    const counts = new Map();
    for (const [outlet] of sizes) {
      const group = named.get(outlet) ?? SHOWN;
      for (const [when, count] of Object.entries(series(outlet, step))) {
        const place = `${when} ${group}`;
        counts.set(place, (counts.get(place) ?? 0) + count);
      }
    }
    const key = [...named.keys()].map((outlet, at) => [short(outlet), `var(--c${at})`]);
    if (sizes.length > SHOWN) key.push([`${number(sizes.length - SHOWN)} others`, `var(--c${SHOWN})`]);
    const filters = (group) => (group < named.size ? [inOutlet([...named.keys()][group])] : []);
    return timeline(width, step, "outlet", key, [...counts].map(([place, count]) => [...place.split(" "), count]), filters);
  }

  /** Counts by time step and group: [when, group, count]. */
  function groupCounts(some, step, groupOf) {
    const counts = new Map();
    for (const outlet of some) {
      for (const [when, count] of Object.entries(series(outlet, step))) {
        const place = JSON.stringify([when, groupOf(outlet)]);
        counts.set(place, (counts.get(place) ?? 0) + count);
      }
    }
    return [...counts].map(([place, count]) => [...JSON.parse(place), count]);
  }

  function stacked(width, step, heading, counts, filtersOf) {
    const groups = [...new Set(counts.map(([, group]) => group))].sort();
    const key = groups.map((group, at) => [group, `var(--c${at % (SHOWN + 1)})`]);
    return timeline(width, step, heading, key, counts.map(([when, group, count]) => [when, groups.indexOf(group), count]), (group) => filtersOf(groups[group]));
  }

  /** By status: months of all outlets, years of one. */
  function byStatus(width, some) {
    const all = some.length === outlets.length;
    const counts = all
      ? Object.entries(content.months).flatMap(([month, statuses]) => Object.entries(statuses).map(([status, count]) => [month, status, count]))
      : some[0].years;
    const used = content.statuses.filter((status) => counts.some(([, found]) => found === status));
    return timeline(width, all ? "months" : "years", "status", used.map((status) => [words(status), color(status)]),
      counts.map(([when, status, count]) => [when, used.indexOf(status), count]),
      (group) => [withStatus(used[group]), ...(all ? [] : [inOutlet(some[0])])]);
  }

  /**
   * Stacked bars over time; `counts` are [when, number of the group in `key`, count], and
   * `filters(group)` are those of its records.
   */
  function timeline(width, step, heading, key, counts, filters) {
    const data = counts.map(([when, group, count]) => (
      { when: new Date(step === "years" ? `${when}-01-01` : step === "months" ? `${when}-01` : when), text: when, group: Number(group), count }
    )).sort((a, b) => a.when - b.when || a.group - b.group);
    const interval = { days: "day", months: "month", years: "year" }[step];
    return {
      key, label: `Articles by date of publication and ${heading}`,
      columns: [["when"], [heading], ["articles", "number"]],
      rows: data.map(({ text, group, count }) => [text, name(key[group][0]), number(count)]),
      picks: data, pick: (d) => showRecords([published(d.text), ...filters(d.group)]),
      options: {
        height: width < 500 ? 240 : 320, marginLeft: 48, marginBottom: 34,
        x: { type: "utc", label: null }, y: { grid: true, label: "articles", ticks: 5, tickFormat: (value) => (Number.isInteger(value) ? number(value) : "") },
        color: { domain: key.map((_, at) => at), range: key.map(([, fill]) => fill) },
        marks: [
          Plot.rectY(data, { x: "when", y: "count", fill: "group", interval, insetLeft: 0.2, insetRight: 0.2 }),
          Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
          Plot.tip(data, Plot.pointerX(Plot.stackY({ x: "when", y: "count", order: "group", title: (d) => `${d.text}\n${isolate(key[d.group][0])}: ${number(d.count)}`, fill: "var(--card)" }))),
        ],
      },
    };
  }

  /**
   * Bars of shares. `groups` are [name, counts by kind]; `kinds` are [kind, label, colour] in stacking order;
   * `pick` takes a bar's group and kind.
   */
  function shares(groups, heading, kinds, { width, height, upright = false, pick = null }) {
    const used = kinds.filter(([kind]) => groups.some(([, counts]) => counts[kind]));
    const data = [];
    for (const [group, counts] of groups) {
      const all = sum(Object.values(counts));
      for (const [kind, label] of used) if (counts[kind]) data.push({ group, kind, label, share: counts[kind] / all, count: counts[kind] });
    }
    const domain = groups.map(([group]) => group);
    const value = { label: null, percent: false, tickFormat: (share) => `${Math.round(100 * share)} %`, ticks: width < 500 ? 2 : 4, domain: [0, 1] };
    const band = { label: null, domain, tickSize: 0, padding: 0.2, round: false };
    const title = (d) => `${isolate(d.group)}\n${d.label}: ${percent(d.share)} (${number(d.count)})`;
    const channels = { fill: "kind", order: used.map(([kind]) => kind), title, tip: { fill: "var(--card)" } };
    return {
      key: used.map(([, label, fill]) => [label, fill]), label: `Shares by ${heading}`,
      columns: [[heading], ["kind"], ["articles", "number"], ["share", "number"]],
      rows: data.map((d) => [name(d.group), d.label, number(d.count), percent(d.share)]), picks: pick && data, pick,
      options: {
        width, height, marginTop: 8, color: { domain: used.map(([kind]) => kind), range: used.map(([, , fill]) => fill) },
        ...(upright
          ? { marginLeft: 48, x: { ...band, ticks: thinned(domain, width) }, y: value, marks: [Plot.barY(data, { x: "group", y: "share", ...channels })] }
          : { marginLeft: width < 500 ? 116 : 190, x: value, y: { ...band, tickFormat: (group) => isolate(cut(group, width < 500 ? 15 : 28)) },
              marks: [Plot.barX(data, { y: "group", x: "share", ...channels })] }),
      },
    };
  }

  /** Share of lost sources by outlet and age of the article. */
  function linkRot(width, some) {
    const merged = new Map();
    for (const outlet of outlets) {
      for (const [age, requested, lost] of outlet.ages) {
        const [all, gone] = merged.get(age) ?? [0, 0];
        merged.set(age, [all + requested, gone + lost]);
      }
    }
    const rows = [["all outlets", [...merged].map(([age, [requested, lost]]) => [age, requested, lost])], ...some.map((outlet) => [short(outlet), outlet.ages])];
    const data = rows.flatMap(([group, ages]) => ages.map(([age, requested, lost]) => ({ group, age, requested, lost, share: lost / requested })));
    const ages = [...new Set(data.map((d) => d.age))].sort((a, b) => a - b);
    const title = (d) => `${isolate(d.group)}, ${years(d.age)}\n${number(d.lost)} of ${number(d.requested)} lost: ${percent(d.share)}`;
    return {
      label: "Share of lost sources by outlet and age of the article",
      columns: [["outlet"], ["age"], ["requested", "number"], ["lost", "number"], ["share", "number"]],
      rows: data.map((d) => [name(d.group), years(d.age), number(d.requested), number(d.lost), percent(d.share)]),
      picks: data,
      pick: (d) => showRecords([["lost", (r) => content.lost.includes(r.status)], [years(d.age), (r) => ageOf(r) === d.age], ...groupFilters(d.group)]),
      options: {
        height: 46 + 24 * rows.length, marginLeft: width < 500 ? 116 : 190, marginTop: 26, marginBottom: 8, padding: 0.06,
        x: { domain: ages, axis: "top", label: "age (years)", tickSize: 0 },
        y: { domain: rows.map(([group]) => group), label: null, tickSize: 0, tickFormat: (group) => isolate(cut(group, width < 500 ? 15 : 28)) },
        marks: [
          Plot.cell(data, { x: "age", y: "group", fill: "var(--s-gone)", fillOpacity: (d) => 0.06 + 0.94 * d.share, title, tip: { fill: "var(--card)" } }),
          Plot.text(data, { x: "age", y: "group", text: (d) => (width / ages.length > 60 ? percent(d.share) : ""), fill: "currentColor", pointerEvents: "none" }),
        ],
      },
    };
  }

  /** Kaplan-Meier curves of the sources. */
  function survival(width) {
    const kind = byId("curves").value;
    const curves = content.survival.filter(([of]) => of === "all" || of === kind);
    const shown = [curves[0], ...curves.slice(1).slice(-SHOWN)].filter(Boolean);
    const data = shown.flatMap(([, curve, , steps], group) => steps.map(([months, share, risk]) => ({ curve, group, months, share, risk })));
    const title = (d) => `${isolate(d.curve)}, ${number(d.months)} months\n${percent(d.share)} survive; ${number(d.risk)} observed so long`;
    return {
      key: shown.map(([, curve], group) => [curve, group ? `var(--c${group % (SHOWN + 1)})` : "currentColor"]),
      label: "Share of sources that survive, by months since publication",
      columns: [["curve"], ["months", "number"], ["survive", "number"], ["observed", "number"]],
      rows: data.map((d) => [name(d.curve), number(d.months), percent(d.share), number(d.risk)]),
      options: {
        height: 280, marginLeft: 52, marginBottom: 42,
        x: { label: "months since publication", nice: true }, y: { domain: [0, 1], grid: true, label: null, ticks: 4, tickFormat: (share) => `${Math.round(100 * share)} %` },
        marks: [
          Plot.line(data, { x: "months", y: "share", z: "group", curve: "step-after", stroke: (d) => (d.group ? `var(--c${d.group % (SHOWN + 1)})` : "currentColor"), strokeWidth: (d) => (d.group ? 1.5 : 2.5) }),
          Plot.tip(data, Plot.pointer({ x: "months", y: "share", title, fill: "var(--card)" })),
        ],
      },
    };
  }

  /** Completed years from publication to the record. */
  function ageOf(record) {
    const [first, last] = [record.published ?? "", record.exported ?? record.published ?? ""];
    return Math.max(0, last.slice(0, 4) - first.slice(0, 4) - (last.slice(4, 10) < first.slice(4, 10) ? 1 : 0));
  }

  /** Filters of a row's name: of an outlet, an edition, or of all outlets. */
  function groupFilters(group) {
    const outlet = outlets.find((each) => short(each) === group);
    if (outlet) return [inOutlet(outlet)];
    return outlets.some((each) => editionOf(each) === group) ? [inEdition(group)] : [];
  }

  const years = (age) => (age === 0 ? "under 1 year" : age === 1 ? "1 year" : `${age} years`);
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const thinned = (domain, width) => domain.filter((_, at) => at % Math.ceil((domain.length * 44) / width) === 0);

  /** Horizontal bars with their figures beside them; entries are [name, value, colour]. */
  function bars(entries, heading, format, { domain, key, pick, margin = 100 } = {}) {
    return {
      key, picks: pick && entries, pick,
      label: heading, columns: [[heading], ["", "number"]], rows: entries.map(([key, value]) => [key, format(value)]),
      options: {
        height: 24 + 24 * entries.length, marginLeft: margin, marginRight: 64, marginTop: 4, marginBottom: 8,
        x: { axis: null, domain }, y: { label: null, domain: entries.map(([key]) => key), tickSize: 0, padding: 0.25 },
        marks: [
          Plot.barX(entries, { x: "1", y: "0", fill: (entry) => entry[2] ?? "var(--c0)", ...(pick ? { title: (entry) => `${entry[0]}: ${format(entry[1])}`, tip: { fill: "var(--card)" } } : {}) }),
          Plot.text(entries, { x: "1", y: "0", text: (entry) => format(entry[1]), textAnchor: "start", dx: 5, fill: "currentColor" }),
        ],
      },
    };
  }

  function agreement(width) {
    const bins = content.agreement.text.length;
    const data = content.agreement.text.map((count, at) => ({ from: at / bins, to: (at + 1) / bins, count, title: content.agreement.title[at] }));
    const span = (d) => `${d.from.toFixed(2)} – ${d.to.toFixed(2)}`;
    const highest = Math.max(...content.agreement.text);
    return {
      label: "Articles by agreement of the texts", columns: [["agreement"], ["texts", "number"], ["titles", "number"]],
      rows: sum(content.agreement.text) ? data.map((d) => [span(d), number(d.count), number(d.title)]) : [],
      picks: data, pick: (d) => showRecords([[`agreement ${span(d)}`, (r) => r.agreement != null && r.agreement >= d.from && (r.agreement < d.to || d.to === 1)]]),
      options: {
        height: 250, marginLeft: 52, marginBottom: 42, x: { domain: [0, 1], label: "agreement of the texts", ticks: 5 },
        y: { type: "symlog", grid: true, label: "articles (logarithmic)", ticks: [1, 10, 100, 1000, 10000, 100000, 1000000].filter((tick) => tick <= highest), tickFormat: number },
        marks: [
          Plot.rectY(data, { x1: "from", x2: "to", y: "count", fill: (d) => (d.from < content.agree ? "var(--c1)" : "var(--c0)"), inset: 0.5, title: (d) => `${span(d)}: ${number(d.count)}`, tip: { fill: "var(--card)" } }),
          Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
        ],
      },
    };
  }

  function drawCharts() {
    const span = new Date(content.lastDay || 0) - new Date(outlets.map((outlet) => outlet.first).sort()[0] ?? 0);
    byId("step").value = span < 100 * 24 * 3600 * 1000 ? "days" : "months";
    const choice = byId("outlet");
    outlets.forEach((outlet, at) => choice.append(make("option", { value: at }, isolate(label(outlet)))));
    const redraw = chart("chart-articles", articles);
    for (const control of ["step", "stack", "outlet"]) byId(control).addEventListener("change", redraw);
    const statusKinds = content.statuses.map((status) => [status, words(status), color(status)]);
    const everything = {};
    for (const outlet of outlets) for (const [status, count] of Object.entries(outlet.statuses)) everything[status] = (everything[status] ?? 0) + count;
    const byYear = {};
    for (const [month, statuses] of Object.entries(content.months)) {
      const year = (byYear[month.slice(0, 4)] ??= {});
      for (const [status, count] of Object.entries(statuses)) year[status] = (year[status] ?? 0) + count;
    }
    const languageKinds = Object.keys(content.languages).map((language, at) => [language, language, `var(--c${Math.min(at, SHOWN)})`]);
    const pickStatus = (d) => showRecords([withStatus(d.kind), ...groupFilters(d.group)]);
    const pickLanguage = (d) => showRecords([[`language ${d.kind}`, (r) => (r.language ?? "?") === d.kind], ...groupFilters(d.group)]);
    perOutlet("chart-sources", (width, some) => {
      const rows = some.length ? [["all outlets", everything], ...some.map((outlet) => [short(outlet), outlet.statuses])] : [];
      return shares(rows, "outlet", statusKinds, { width, height: 40 + 24 * rows.length, pick: pickStatus });
    });
    perOutlet("chart-rot", linkRot);
    perOutlet("chart-languages", (width, some) => {
      const rows = some.length ? [["all outlets", content.languages], ...some.map((outlet) => [short(outlet), outlet.languages])] : [];
      return shares(rows, "outlet", languageKinds, { width, height: 40 + 24 * rows.length, pick: pickLanguage });
    });
    const pickYear = (d) => showRecords([withStatus(d.kind), published(d.group)]);
    chart("chart-years", (width) => shares(Object.entries(byYear), "year", statusKinds, { width, height: 260, upright: true, pick: pickYear }));
    drawTrust();
    byId("curves").addEventListener("change", chart("chart-survival", survival));
    chart("chart-agreement", agreement);
    const filled = Object.entries(content.filled).map(([field, count]) => [field, total ? count / total : 0]);
    chart("chart-filled", () => bars(total ? filled : [], "field", percent, { domain: [0, 1] }));
    const lengths = content.lengths.map(([limit, count], at) => [limit ? `to ${number(limit)}` : `over ${number(content.lengths[at - 1][0])}`, count]);
    const filledBins = lengths.flatMap(([, count], at) => (count ? [at] : []));
    chart("chart-lengths", () => bars(lengths.slice(filledBins[0], filledBins.at(-1) + 1), "words", number));
    chart("chart-clusters", () => bars(content.clusters.map(([size, count]) => [`${size} articles`, count]), "articles with one text", number));
    const byMethod = ([method]) => [`method ${method}`, (r) => r.rule != null && (r.rule.includes("#") ? "rule" : r.rule) === method];
    chart("chart-found", () => bars(Object.entries(content.found), "method", number, { pick: (entry) => showRecords([byMethod(entry)]) }));
  }

  /** Trust by edition and outlet, and the reasons why it is not high. */
  function drawTrust() {
    const shade = (level) => `var(--t-${level})`;
    const kinds = content.levels.map((level) => [level, level, shade(level)]);
    const byGroup = new Map();
    const add = (group, counts) => {
      const all = byGroup.get(group) ?? {};
      for (const [level, count] of Object.entries(counts)) all[level] = (all[level] ?? 0) + count;
      byGroup.set(group, all);
    };
    for (const outlet of outlets) add("all outlets", outlet.trust);
    if (new Set(outlets.map(editionOf)).size > 1) for (const outlet of outlets) add(editionOf(outlet), outlet.trust);
    const withTrust = (level) => [`trust ${level}`, (r) => r.trust === level];
    perOutlet("chart-trust", (width, some) => {
      // Empty rows set all outlets, the editions and the outlets apart.
      const rows = [...byGroup, ["\u2003", {}], ...some.map((outlet) => [short(outlet), outlet.trust])];
      if (byGroup.size > 1) rows.splice(1, 0, ["\u2002", {}]);
      return shares(rows, "outlet", kinds, { width, height: 40 + 24 * rows.length, pick: (d) => showRecords([withTrust(d.kind), ...groupFilters(d.group)]) });
    });
    const choice = byId("reason-outlet");
    outlets.forEach((outlet, at) => choice.append(make("option", { value: at }, isolate(label(outlet)))));
    choice.addEventListener("change", chart("chart-reasons", () => {
      const some = choice.value === "" ? outlets : [outlets[Number(choice.value)]];
      const entries = Object.entries(content.reasonLevels)
        .map(([reason, level]) => [words(reason), sum(some.map((outlet) => outlet.reasons[reason] ?? 0)), shade(level), reason])
        .filter(([, count]) => count)
        .sort((a, b) => b[1] - a[1]);
      const used = new Set(entries.map(([, , fill]) => fill));
      const within = choice.value === "" ? [] : [inOutlet(some[0])];
      return bars(entries, "reason", number, {
        key: kinds.filter(([, , fill]) => used.has(fill)).map(([, level, fill]) => [`lowers trust to ${level}`, fill]), margin: 132,
        pick: ([text, , , reason]) => showRecords([[text, (r) => r.reasons.includes(reason)], ...within]),
      });
    }));
  }

  const LARGEST = 20;

  /** A chart with a row per outlet: the largest ones, all of them on request. */
  function perOutlet(id, describe) {
    let limit = LARGEST;
    const redraw = chart(id, (width) => describe(width, outlets.slice(0, limit)));
    if (outlets.length <= LARGEST) return;
    const button = make("button", { type: "button" });
    const text = () => { button.textContent = limit === LARGEST ? `The ${LARGEST} largest of ${number(outlets.length)} outlets: show all` : `All ${number(outlets.length)} outlets: show the ${LARGEST} largest`; };
    button.addEventListener("click", () => { limit = limit === LARGEST ? outlets.length : LARGEST; text(); redraw(); });
    text();
    byId(id).after(button);
  }

  // --- Head --------------------------------------------------------------------------------------

  function drawHead() {
    const sites = new Set(outlets.map((outlet) => outlet.site));
    byId("made").append(`Made ${content.made.slice(0, 16).replace("T", " ")} UTC by newscrawl ${content.version} from ${number(content.feeds)} feeds.`);
    const first = outlets.map((outlet) => outlet.first).sort()[0];
    const compared = sum(content.agreement.text);
    const alike = sum(content.agreement.text.slice(Math.round(content.agree * content.agreement.text.length)));
    const read = sum(outlets.map((outlet) => outlet.statuses.ok ?? 0));
    const tiles = [
      ["articles", number(total)], [`outlets of ${sites.size === 1 ? "one site" : `${sites.size} sites`}`, number(outlets.length)],
      ["high trust in title and text", total ? percent(sum(outlets.map((outlet) => outlet.trust.high ?? 0)) / total) : "–"],
      ["sources parsed", total ? percent(read / total) : "–"], [`of ${number(compared)} compared texts agree by ${content.agree} or more`, compared ? percent(alike / compared) : "–"],
      ["have the text of an earlier article", total ? percent(content.duplicates / total) : "–"], ["first day", first ?? "–"], ["last day", content.lastDay || "–"],
    ];
    byId("tiles").append(...tiles.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))));
    if (content.damaged || content.faults.length) {
      byId("faults").append(make("div", { class: "notice" },
        make("p", {}, `${number(content.damaged)} of ${number(content.lines)} lines of the feeds are damaged and not counted. `, make("code", {}, "scrapy validate"), " lists them all."),
        make("ul", {}, ...content.faults.map((fault) => make("li", {}, fault)))));
    }
  }

  // --- Outlets -----------------------------------------------------------------------------------

  function drawOutlets() {
    const plain = (value) => value ?? "–";
    // Heading, kind, value by which rows are sorted, and how it is shown.
    const columns = [
      ["Outlet", "", (o) => o.name, (text, o) => picker(name(text), () => showRecords([inOutlet(o)]))], ["Site", "word", (o) => `${o.site} ${o.edition}`, plain],
      ["Articles", "number", (o) => o.articles, number], ["Sources parsed", "number", (o) => (o.statuses.ok ?? 0) / o.articles, percent],
      ["Agreement", "number", (o) => o.agreement, (share) => share?.toFixed(3) ?? "–"],
      ["First", "word", (o) => o.first, plain], ["Last", "word", (o) => o.last, plain], ["Domain", "word", (o) => o.domain, plain],
    ];
    const folded = new Map(outlets.map((o) => [o, fold([o.name, o.slug, o.site, o.edition, o.domain ?? ""].join(" "))]));
    let [by, order] = [2, -1];
    const heads = columns.map(([heading, kind], at) => {
      const button = make("button", { type: "button" }, heading);
      button.addEventListener("click", () => {
        order = by === at ? -order : kind === "number" ? -1 : 1;
        by = at;
        draw();
      });
      return make("th", { scope: "col", class: kind }, button);
    });
    const body = make("tbody");
    byId("outlet-table").append(make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body));
    const draw = () => {
      const wanted = fold(byId("outlet-search").value).split(/\s+/).filter(Boolean);
      const value = columns[by][2];
      const found = outlets.filter((o) => wanted.every((word) => folded.get(o).includes(word)));
      found.sort((a, b) => {
        const [x, y] = [value(a) ?? "", value(b) ?? ""];
        return order * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y)));
      });
      heads.forEach((head, at) => (at === by ? head.setAttribute("aria-sort", order > 0 ? "ascending" : "descending") : head.removeAttribute("aria-sort")));
      body.replaceChildren(...found.map((o) => make("tr", {}, ...columns.map(([, kind, of, show]) => make("td", { class: kind }, show(of(o), o))))));
      byId("outlet-count").textContent = `${number(found.length)} of ${number(outlets.length)}`;
    };
    byId("outlet-search").addEventListener("input", draw);
    draw();
  }

  // --- Records -----------------------------------------------------------------------------------

  const PAGE = 20;

  /** A moment as people write it; midnight stands for a day without an hour. */
  const moment = (iso) => (iso ?? "no date").replace(/T00:00:00.*/, "").replace("T", " ").replace(/(:\d\d):\d\d/, "$1");

  /** One side of a comparison: what both say, and what only this side says, marked. */
  function side(parts, which, lang, kind) {
    const mine = parts.filter(([where]) => where === "both" || where === which);
    if (!mine.length) return kind === "running" ? make("p", { class: "none" }, "no text") : null;
    const mark = which === "copy" ? "del" : "ins";
    const single = !parts.some(([where]) => where === "both"); // with nothing to compare, nothing is marked
    const children = mine.map(([where, text]) => (where === "both" || single ? text : make(mark, {}, text)));
    const attributes = { class: kind, dir: "auto" };
    if (lang) attributes.lang = lang;
    if (kind === "running") Object.assign(attributes, { tabindex: "0" });
    return make("div", attributes, ...children);
  }

  function copies(record) {
    const facts = [
      ["id", record.id], ["aggregator's page", link(record.url)], ["source", link(record.link)],
      ["source status", words(record.status) + (record.reason ? `: ${record.reason}` : "")], ["origin of the text", record.origin],
      ["trust", record.trust + (record.reasons.length ? `: ${record.reasons.map(words).join(", ")}` : "")],
      ["extraction method", record.rule ?? "–"], ["agreement", record.agreement?.toFixed(3) ?? "–"], ["language", record.language ?? "–"],
      ["authors", name(record.authors.join(", ") || "–")], ["section", name(record.section ?? "–")],
      ["flags", record.flags.join(", ") || "–"], ["version", String(record.version)],
    ];
    const column = (heading, which, at) => make("div", {},
      make("h4", {}, heading),
      make("p", { class: "note" }, moment(record.dates[at]), " · ", name(record.bylines[at] ?? "no author")),
      side(record.titles, which, record.language, "headline title"), side(record.texts, which, record.language, "running"));
    return [
      make("dl", { class: "facts" }, ...facts.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value)))),
      make("div", { class: "copies" }, column("Aggregator's copy", "copy", 0), column("Source", "source", 1)),
    ];
  }

  function drawRecords() {
    const records = content.records;
    const text = (parts) => parts.map(([, part]) => part).join(" ");
    const folded = new Map(records.map((r) => [r, fold([r.id, r.outlet, r.title ?? "", text(r.titles), text(r.texts)].join(" "))]));
    const choice = byId("record-status");
    for (const status of content.statuses) {
      const count = records.filter((r) => r.status === status).length;
      if (count) choice.append(make("option", { value: status }, `${words(status)} (${count})`));
    }
    let shown = PAGE;
    let filters = [];
    const row = (record) => {
      const details = make("details", { class: "record" }, make("summary", { dir: direction(record.title ?? "") },
        make("span", { class: "headline", dir: "auto" }, record.title ?? "untitled"), badge(record.status),
        make("span", { class: "beneath" }, name(record.outlet), " · ", name((record.published ?? "no date").slice(0, 10)), " · ", name(`trust ${record.trust}`), " · ", name(`agreement ${record.agreement?.toFixed(2) ?? "–"}`))));
      details.addEventListener("toggle", () => { if (details.children.length === 1) details.append(...copies(record)); });
      return details;
    };
    const draw = () => {
      const wanted = fold(byId("record-search").value).split(/\s+/).filter(Boolean);
      const found = records.filter((r) => (!choice.value || r.status === choice.value)
        && filters.every(([, test]) => test(r))
        && wanted.every((word) => folded.get(r).includes(word)));
      byId("record-chosen").replaceChildren(...filters.map((filter) => picker(make("span", {}, name(filter[0]), " ✕"), () => {
        filters = filters.filter((other) => other !== filter);
        restart();
      })));
      byId("record-list").replaceChildren(...found.slice(0, shown).map(row));
      byId("record-count").textContent = `${number(found.length)} of ${number(records.length)} in the sample`;
      byId("record-none").hidden = found.length > 0;
      byId("record-more").hidden = found.length <= shown;
    };
    const restart = () => { shown = PAGE; draw(); };
    byId("record-note").prepend(`A sample of ${number(records.length)} of ${number(total)} articles: the latest of each source status, reason of trust and outlet, and of those with low agreement. `);
    showRecords = (chosen) => {
      choice.value = chosen.find(([, , status]) => status)?.[2] ?? "";
      if (choice.selectedIndex < 0) choice.value = ""; // no record of the sample has this status
      filters = chosen.filter(([, , status]) => !status || status !== choice.value);
      byId("record-search").value = "";
      restart();
      byId("records").scrollIntoView();
    };
    byId("record-search").addEventListener("input", restart);
    choice.addEventListener("change", restart);
    byId("record-more").addEventListener("click", () => { shown += PAGE; draw(); });
    draw();
  }

  // --- Runs --------------------------------------------------------------------------------------

  function drawRuns() {
    const tone = { ok: "good", failed: "bad", alarm: "bad" };
    const outcome = (run) => make("span", { class: tone[run.outcome] ?? "" }, run.outcome ?? run.state ?? "?");
    byId("run-table").append(table(
      [["Started", "word"], ["Site"], ["Outcome"], ["Found", "number"], ["Exported", "number"], ["Rejected", "number"], ["Failed", "number"], ["Pages", "number"], ["Seconds", "number"], ["Errors and alarms", "long"]],
      content.runs.map((run) => [(run.started ?? "–").slice(0, 16).replace("T", " "), run.spider, outcome(run), number(run.found), number(run.exported),
        number(run.rejected), number(run.failed), number(run.pages), number(run.seconds), make("ul", { class: "told" }, ...run.told.map((line) => make("li", {}, line)))]), content.moreRuns));
    byId("host-table").append(table(
      [["Host", "host"], ["Responses", "number"], ["Failures", "number"], ["Mean", "number"], ["Slowest", "number"]],
      content.hosts.map(([host, answers, failures, mean, slowest]) => [host, number(answers), failures ? make("span", { class: "bad" }, number(failures)) : "0", mean?.toFixed(2), slowest?.toFixed(2)]),
      content.hostCount - content.hosts.length));
    byId("reject-table").append(table([["Reason", "long"], ["Rejected", "number"], ["Failed", "number"]],
      content.reasons.map(([reason, rejected, failed]) => [name(reason), number(rejected), number(failed)]), content.moreReasons));
    byId("rule-states").textContent = Object.entries(content.ruleStates).map(([state, count]) => `${number(count)} ${state}`).join(", ");
    byId("rule-table").append(table(
      [["Rule", "host"], ["Site"], ["State"], ["Pages", "number"], ["Confirmed", "number"], ["Failures in a row", "number"], ["Last agreement", "number"], ["Last confirmed", "word"]],
      content.rules.map(([rule, site, state, pages, confirmed, failures, last, seen]) => [rule, site, make("span", { class: state === "withdrawn" ? "bad" : state === "trusted" ? "good" : "" }, state),
        number(pages), number(confirmed), number(failures), last?.toFixed(3), seen || "–"]), content.moreRules));
  }

  drawHead();
  drawCharts();
  drawOutlets();
  drawRecords();
  drawRuns();
})();
