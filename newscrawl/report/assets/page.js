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

  /** A chart that is drawn as wide as its place, with its figures as a table below it. */
  function chart(id, describe) {
    const place = byId(id);
    const draw = () => {
      const width = Math.max(260, Math.floor(place.clientWidth));
      const { options, key, label, columns, rows } = describe(width);
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
      place.append(plot);
      const figures = make("details", { class: "figures" }, make("summary", {}, "as a table"));
      const fill = () => { if (figures.open && figures.children.length === 1) figures.append(table(columns, rows)); };
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
  const short = (outlet) => (several ? `${outlet.name} · ${outlet.site} ${outlet.edition}` : outlet.name);
  const total = content.articles;
  const SHOWN = 7;

  function series(outlet, step) {
    if (step !== "years") return outlet[step];
    const years = {};
    for (const [month, count] of Object.entries(outlet.months)) years[month.slice(0, 4)] = (years[month.slice(0, 4)] ?? 0) + count;
    return years;
  }

  function articles(width) {
    const step = byId("step").value;
    const chosen = byId("outlet").value;
    const some = chosen === "" ? outlets : [outlets[Number(chosen)]];
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
    const data = [...counts].map(([place, count]) => {
      const [when, group] = place.split(" ");
      return { when: new Date(step === "years" ? `${when}-01-01` : step === "months" ? `${when}-01` : when), text: when, group: Number(group), count };
    }).sort((a, b) => a.when - b.when || a.group - b.group);
    const interval = { days: "day", months: "month", years: "year" }[step];
    return {
      key, label: "Articles by date of publication and outlet",
      columns: [["when"], ["outlet"], ["articles", "number"]],
      rows: data.map(({ text, group, count }) => [text, name(key[group][0]), number(count)]),
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

  /** Bars of shares by status. */
  function shares(groups, heading, width, height, upright) {
    const used = content.statuses.filter((status) => groups.some(([, statuses]) => statuses[status]));
    const data = [];
    for (const [group, statuses] of groups) {
      const all = sum(Object.values(statuses));
      for (const status of used) if (statuses[status]) data.push({ group, status, share: statuses[status] / all, count: statuses[status] });
    }
    const domain = groups.map(([group]) => group);
    const value = { label: null, percent: false, tickFormat: (share) => `${Math.round(100 * share)} %`, ticks: width < 500 ? 2 : 4, domain: [0, 1] };
    const band = { label: null, domain, tickSize: 0, padding: 0.2, round: false };
    const title = (d) => `${isolate(d.group)}\n${words(d.status)}: ${percent(d.share)} (${number(d.count)})`;
    const channels = { fill: "status", order: used, title };
    return {
      key: used.map((status) => [words(status), color(status)]), label: `Status of the source by ${heading}`,
      columns: [[heading], ["status"], ["articles", "number"], ["share", "number"]],
      rows: data.map((d) => [name(d.group), words(d.status), number(d.count), percent(d.share)]),
      options: {
        width, height, marginTop: 8, color: { domain: used, range: used.map(color) },
        ...(upright
          ? { marginLeft: 48, x: { ...band, ticks: thinned(domain, width) }, y: value,
              marks: [Plot.barY(data, { x: "group", y: "share", ...channels, tip: { fill: "var(--card)" } })] }
          : { marginLeft: width < 500 ? 116 : 190, x: value, y: { ...band, tickFormat: (group) => isolate(cut(group, width < 500 ? 15 : 28)) },
              marks: [Plot.barX(data, { y: "group", x: "share", ...channels, tip: { fill: "var(--card)" } })] }),
      },
    };
  }

  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const thinned = (domain, width) => domain.filter((_, at) => at % Math.ceil((domain.length * 44) / width) === 0);

  /** Plain horizontal bars with their figures beside them. */
  function bars(entries, heading, width, format, domain) {
    return {
      label: heading, columns: [[heading], ["", "number"]], rows: entries.map(([key, value]) => [key, format(value)]),
      options: {
        height: 24 + 24 * entries.length, marginLeft: 100, marginRight: 64, marginTop: 4, marginBottom: 8,
        x: { axis: null, domain }, y: { label: null, domain: entries.map(([key]) => key), tickSize: 0, padding: 0.25 },
        marks: [
          Plot.barX(entries, { x: "1", y: "0", fill: "var(--c0)" }),
          Plot.text(entries, { x: "1", y: "0", text: (entry) => format(entry[1]), textAnchor: "start", dx: 5, fill: "currentColor" }),
        ],
      },
    };
  }

  function agreement(width) {
    const bins = content.agreement.text.length;
    const data = content.agreement.text.map((count, at) => ({ from: at / bins, to: (at + 1) / bins, count, title: content.agreement.title[at] }));
    const span = (d) => `${d.from.toFixed(2)} – ${d.to.toFixed(2)}`;
    return {
      label: "Articles by agreement of the texts", columns: [["agreement"], ["texts", "number"], ["titles", "number"]],
      rows: sum(content.agreement.text) ? data.map((d) => [span(d), number(d.count), number(d.title)]) : [],
      options: {
        height: 250, marginLeft: 52, marginBottom: 42, x: { domain: [0, 1], label: "agreement of the texts", ticks: 5 }, y: { grid: true, label: "articles", ticks: 4 },
        marks: [
          Plot.rectY(data, { x1: "from", x2: "to", y: "count", fill: "var(--c0)", inset: 0.5, title: (d) => `${span(d)}: ${number(d.count)}`, tip: { fill: "var(--card)" } }),
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
    byId("step").addEventListener("change", redraw);
    choice.addEventListener("change", redraw);
    const largest = outlets.slice(0, 20);
    const everything = {};
    for (const outlet of outlets) for (const [status, count] of Object.entries(outlet.statuses)) everything[status] = (everything[status] ?? 0) + count;
    const rows = outlets.length ? [["all outlets", everything], ...largest.map((outlet) => [short(outlet), outlet.statuses])] : [];
    chart("chart-sources", (width) => shares(rows, "outlet", width, 40 + 24 * rows.length, false));
    chart("chart-years", (width) => shares(Object.entries(content.years), "year", width, 260, true));
    chart("chart-agreement", agreement);
    const filled = Object.entries(content.filled).map(([field, count]) => [field, total ? count / total : 0]);
    chart("chart-filled", (width) => bars(total ? filled : [], "field", width, percent, [0, 1]));
    chart("chart-languages", (width) => bars(Object.entries(content.languages), "language", width, number));
    chart("chart-found", (width) => bars(Object.entries(content.found), "found by", width, number));
  }

  // --- Head --------------------------------------------------------------------------------------

  function drawHead() {
    const sites = new Set(outlets.map((outlet) => outlet.site));
    byId("made").append(`Made ${content.made.slice(0, 16).replace("T", " ")} UTC by newscrawl ${content.version} from ${number(content.feeds)} feeds.`);
    const first = outlets.map((outlet) => outlet.first).sort()[0];
    const compared = sum(content.agreement.text);
    const alike = sum(content.agreement.text.slice(Math.round(0.9 * content.agreement.text.length)));
    const read = sum(outlets.map((outlet) => outlet.statuses.ok ?? 0));
    const tiles = [
      ["articles", number(total)], ["outlets", number(outlets.length)], ["sites", number(sites.size)],
      ["newspaper's page read", total ? percent(read / total) : "–"], ["of them agree by 0.9 or more", compared ? percent(alike / compared) : "–"],
      ["text of an earlier article", total ? percent(content.duplicates / total) : "–"], ["first day", first ?? "–"], ["last day", content.lastDay || "–"],
    ];
    byId("tiles").append(...tiles.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))));
    if (content.damaged || content.faults.length) {
      byId("faults").append(make("div", { class: "notice" },
        make("p", {}, `${number(content.damaged)} of ${number(content.lines)} lines of the feeds cannot be read and are not counted. `, make("code", {}, "scrapy validate"), " names them all."),
        make("ul", {}, ...content.faults.map((fault) => make("li", {}, fault)))));
    }
  }

  // --- Outlets -----------------------------------------------------------------------------------

  function drawOutlets() {
    const plain = (value) => value ?? "–";
    // Heading, kind, value by which rows are sorted, and how it is shown.
    const columns = [
      ["Outlet", "", (o) => o.name, name], ["Site", "word", (o) => `${o.site} ${o.edition}`, plain],
      ["Articles", "number", (o) => o.articles, number], ["Page read", "number", (o) => (o.statuses.ok ?? 0) / o.articles, percent],
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
      body.replaceChildren(...found.map((o) => make("tr", {}, ...columns.map(([, kind, of, show]) => make("td", { class: kind }, show(of(o)))))));
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
    if (!mine.length) return kind === "running" ? make("p", { class: "none" }, "no text was read") : null;
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
      ["id", record.id], ["at the aggregator", link(record.url)], ["at the newspaper", link(record.link)],
      ["source", words(record.status) + (record.reason ? `: ${record.reason}` : "")], ["text taken from", record.origin],
      ["found by", record.rule ?? "–"], ["agreement", record.agreement?.toFixed(3) ?? "–"], ["language", record.language ?? "–"],
      ["authors", name(record.authors.join(", ") || "–")], ["section", name(record.section ?? "–")],
      ["flags", record.flags.join(", ") || "–"], ["version", String(record.version)],
    ];
    const column = (heading, which, at) => make("div", {},
      make("h4", {}, heading),
      make("p", { class: "note" }, moment(record.dates[at]), " · ", name(record.bylines[at] ?? "no author")),
      side(record.titles, which, record.language, "headline title"), side(record.texts, which, record.language, "running"));
    return [
      make("dl", { class: "facts" }, ...facts.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value)))),
      make("div", { class: "copies" }, column("Aggregator's copy", "copy", 0), column("Newspaper's page", "source", 1)),
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
    const row = (record) => {
      const details = make("details", { class: "record" }, make("summary", { dir: direction(record.title ?? "") },
        make("span", { class: "headline", dir: "auto" }, record.title ?? "untitled"), badge(record.status),
        make("span", { class: "beneath" }, name(record.outlet), " · ", name((record.published ?? "no date").slice(0, 10)), " · ", name(`agreement ${record.agreement?.toFixed(2) ?? "–"}`))));
      details.addEventListener("toggle", () => { if (details.children.length === 1) details.append(...copies(record)); });
      return details;
    };
    const draw = () => {
      const wanted = fold(byId("record-search").value).split(/\s+/).filter(Boolean);
      const found = records.filter((r) => (!choice.value || r.status === choice.value) && wanted.every((word) => folded.get(r).includes(word)));
      byId("record-list").replaceChildren(...found.slice(0, shown).map(row));
      byId("record-count").textContent = `${number(found.length)} of ${number(records.length)}`;
      byId("record-more").hidden = found.length <= shown;
    };
    const restart = () => { shown = PAGE; draw(); };
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
      [["Started", "word"], ["Site"], ["Outcome"], ["Found", "number"], ["Exported", "number"], ["Rejected", "number"], ["Failed", "number"], ["Pages", "number"], ["Seconds", "number"], ["What went wrong", "long"]],
      content.runs.map((run) => [(run.started ?? "–").slice(0, 16).replace("T", " "), run.spider, outcome(run), number(run.found), number(run.exported),
        number(run.rejected), number(run.failed), number(run.pages), number(run.seconds), make("ul", { class: "told" }, ...run.told.map((line) => make("li", {}, line)))]), content.moreRuns));
    byId("host-table").append(table(
      [["Host", "host"], ["Answers", "number"], ["Failures", "number"], ["Mean", "number"], ["Slowest", "number"]],
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
