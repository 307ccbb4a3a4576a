// The evidence panel in the page. All data reaches the document as text, never as markup.

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, String(value));
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
}

const side = (isNumber) => (isNumber ? "wbp-number" : null);

function head(shown) {
  const place = [shown.customer, shown.entity, shown.date].filter(Boolean).join(" · ");
  return make("header", {},
    make("h3", {}, make("span", { class: "wbp-control" }, shown.control), ` ${shown.title}`),
    make("div", { class: "wbp-soft" }, `${shown.severity} · ${shown.subject}`),
    make("div", { class: "wbp-soft", title: place }, place));
}

function amounts(shown) {
  const facts = shown.amounts.map(([word, text]) => make("div", {}, make("dt", {}, word), make("dd", {}, text)));
  return make("dl", { class: "wbp-amounts" }, ...facts,
    make("div", { class: "wbp-verdict" }, make("dt", {}, "Impact"), make("dd", {}, shown.verdict)));
}

const advice = (word, text) => (text ? make("p", {}, make("b", {}, `${word} `), text) : "");

function turned(source) {
  return make("table", {}, make("tbody", {}, ...source.columns.map(([name], column) => make("tr", {},
    make("th", { scope: "row" }, name),
    ...source.rows.map((row) => make("td", { title: row[column] }, row[column]))))));
}

function upright(source) {
  return make("table", {},
    make("thead", {}, make("tr", {}, ...source.columns.map(([name, isNumber]) =>
      make("th", { scope: "col", class: side(isNumber) }, name)))),
    make("tbody", {}, ...source.rows.map((row) => make("tr", {}, ...row.map((text, column) =>
      make("td", { class: side(source.columns[column][1]), title: text }, text))))));
}

function source(part) {
  return make("section", {}, make("h4", { title: part.what }, part.caption),
    part.rows.length ? make("div", { class: "wbp-scroll", tabindex: "0" }, part.turned ? turned(part) : upright(part)) : "");
}

function paint(root, shown) {
  if (!shown.finding_id) {
    root.replaceChildren(make("p", { class: "wbp-empty" },
      "Choose a finding, by mouse or with the arrows and Enter, to see the rows it rests on."));
    return;
  }
  root.setAttribute("data-finding", shown.finding_id);
  root.replaceChildren(head(shown), amounts(shown),
    make("p", { class: "wbp-reason" }, shown.reason),
    shown.suppressed ? make("p", { class: "wbp-suppressed" }, shown.suppressed) : "",
    ...shown.sources.map(source),
    make("div", { class: "wbp-advice" }, advice("Why it matters.", shown.why), advice("Next step.", shown.next_step)),
    make("code", { class: "wbp-code", title: "the same in code" }, shown.code));
  root.scrollTop = 0;
}

export default {
  render({ model, el }) {
    const root = make("div", { class: "wbp", role: "region", "aria-label": "Evidence", "aria-live": "polite",
      "data-lm-suppress-shortcuts": "true" });
    el.append(root);
    const follow = () => paint(root, model.get("shown"));
    model.on("change:shown", follow);
    follow();
    return () => model.off("change:shown", follow);
  },
};
