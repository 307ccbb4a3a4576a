// The findings explorer in the page. All data reaches the document as text, never as markup.

const ROW = 28;
const TALLEST = 6_000_000; // browsers cap an element's height: beyond it the scroll bar stands for more than a pixel a row
const AHEAD = 40;
const COLUMNS = [
  ["severity", "Severity", "severity", ""],
  ["control", "Control", "control", ""],
  ["customer_name", "Customer", "customer", ""],
  ["impact", "Impact", "impact", "number"],
  ["direction", "Direction", null, ""],
  ["date", "Date", "date", ""],
  ["subject", "Subject", "subject", ""],
  ["expected", "Expected", "expected", "number"],
  ["billed", "Billed", "billed", "number"],
  ["reason", "Reason", "reason", ""],
];

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
}

const count = (number) => Number(number).toLocaleString("en-US");

class Explorer {
  constructor(model, host) {
    this.model = model;
    this.client = Math.random().toString(36).slice(2);
    this.turn = 0;
    this.top = 0;
    this.active = 0;
    this.build(host);
    this.take(model.get("opening"));
    this.onMessage = (message) => this.hear(message);
    this.onSelected = () => this.paint();
    model.on("msg:custom", this.onMessage);
    model.on("change:selected", this.onSelected);
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(this.scroller);
  }

  close() {
    this.model.off("msg:custom", this.onMessage);
    this.model.off("change:selected", this.onSelected);
    this.watcher.disconnect();
    clearTimeout(this.patience);
    clearTimeout(this.typing);
  }

  build(host) {
    this.totals = make("div", { class: "wbx-totals", "aria-live": "polite" });
    this.search = make("input", {
      class: "wbx-search", type: "search", placeholder: "Search findings", title: "looks in reason, subject, customer, control and id",
      "aria-label": "Search findings",
      oninput: () => {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.ask({ search: this.search.value }), 200);
      },
    });
    this.suppressed = make("input", { type: "checkbox", onchange: () => this.ask({ suppressed: this.suppressed.checked }) });
    this.clear = make("button", { class: "wbx-clear", type: "button", onclick: () => this.clearAll() }, "Clear all");
    this.facets = make("div", { class: "wbx-facets", role: "group", "aria-label": "Facets" });
    this.head = make("div", { class: "wbx-row wbx-head", role: "row" });
    this.body = make("div", { role: "rowgroup" });
    this.viewport = make("div", { class: "wbx-viewport" }, this.head, this.body);
    this.filler = make("div", { class: "wbx-filler", role: "presentation" });
    this.scroller = make("div", {
      class: "wbx-grid", role: "grid", tabindex: "0", "aria-label": "Findings", "aria-colcount": COLUMNS.length,
      onscroll: () => this.scrolled(), onkeydown: (event) => this.key(event),
    }, this.viewport, this.filler);
    this.scroller.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.status = make("div", { class: "wbx-status", role: "status" });
    this.code = make("code", { class: "wbx-code", title: "the same in code" });
    // Lab's own shortcuts take arrows and Enter before the page does, unless an element says that it wants them.
    host.append(make("div", { class: "wbx", "data-lm-suppress-shortcuts": "true" },
      make("div", { class: "wbx-bar" }, this.totals,
        make("div", { class: "wbx-tools" }, this.search,
          make("label", { class: "wbx-toggle" }, this.suppressed, "show suppressed"), this.clear)),
      make("div", { class: "wbx-main" }, this.facets, make("div", { class: "wbx-right" }, this.scroller,
        make("div", { class: "wbx-foot" }, this.status, this.code)))));
  }

  // What the kernel says

  hear(message) {
    if (message.client !== null && message.client !== this.client) return;
    if (message.client !== null && message.turn !== this.turn) return;
    clearTimeout(this.patience);
    this.scroller.removeAttribute("aria-busy");
    this.waiting = false;
    if (message.kind === "problem") this.status.textContent = message.text;
    else if (message.kind === "view") this.take(message);
    else if (message.kind === "rows") {
      this.held = { start: message.start, rows: message.rows };
      this.paint();
    }
  }

  take(screen) {
    this.view = structuredClone(screen.view);
    this.screen = screen;
    this.total = screen.total;
    this.held = { start: 0, rows: screen.rows };
    this.active = 0;
    if (document.activeElement !== this.search) this.search.value = this.view.search;
    this.suppressed.checked = this.view.suppressed;
    // An amount is never cut off: its column is as wide as the longest of the whole run.
    for (const [name, length] of Object.entries(screen.widths)) {
      this.viewport.style.setProperty(`--${name}`, `calc(${length * 0.7}em + ${name === "impact" ? 62 : 20}px)`);
    }
    this.paintTotals();
    this.paintFacets();
    this.paintHead();
    this.fit();
    this.goTo(0);
  }

  send(content) {
    this.turn += 1;
    this.waiting = true;
    this.scroller.setAttribute("aria-busy", "true");
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.status.textContent = "No answer from the kernel yet. If it was restarted, run this cell again.";
      this.waiting = false;
    }, 8000);
    this.model.send({ client: this.client, turn: this.turn, view: this.view, ...content });
  }

  ask(change) {
    this.view = { ...this.view, ...change };
    this.send({ kind: "view", count: this.fits + AHEAD });
  }

  clearAll() {
    this.search.value = "";
    this.ask({ chosen: {}, search: "", more: {} });
  }

  choose(facet, value) {
    const chosen = { ...this.view.chosen };
    const values = chosen[facet] ?? [];
    chosen[facet] = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
    if (!chosen[facet].length) delete chosen[facet];
    this.ask({ chosen });
  }

  // Totals and facets

  paintTotals() {
    const { funnel, total, findings, currencies } = this.screen;
    const hidden = this.view.suppressed ? `, ${count(total - findings)} of them suppressed` : "";
    const lines = currencies.filter((line) => line.over || line.under || line.at_risk).map((line) =>
      make("span", { class: "wbx-currency" }, make("b", {}, line.currency || "no currency"),
        [line.over && `over-billed ${line.over}`, line.under && `under-billed ${line.under}`,
          line.at_risk && `${count(line.at_risk)} at risk`].filter(Boolean).join(" · ")));
    const shown = make("span", { class: "wbx-shown" }, `${count(total)} shown${hidden}`);
    this.totals.replaceChildren(make("div", {}, shown, make("span", { class: "wbx-funnel" }, funnel)),
      make("div", { class: "wbx-currencies" }, ...lines));
    this.clear.disabled = !Object.keys(this.view.chosen).length && !this.view.search;
  }

  paintFacets() {
    const focused = document.activeElement?.dataset?.wbxKey;
    this.facets.replaceChildren(...this.screen.facets.filter((facet) => facet.values.length).map((facet) => {
      const chosen = this.view.chosen[facet.name] ?? [];
      const more = facet.all - facet.values.length;
      return make("section", { class: "wbx-facet", "data-facet": facet.name },
        make("h4", {}, facet.label),
        ...facet.values.map((entry) => this.facetValue(facet.name, entry, chosen.includes(entry.value))),
        more > 0 ? make("button", {
          class: "wbx-more", type: "button",
          onclick: () => this.ask({ more: { ...this.view.more, [facet.name]: facet.values.length + 25 } }),
        }, `${count(more)} more`) : "");
    }));
    if (focused) [...this.facets.querySelectorAll("button")].find((node) => node.dataset.wbxKey === focused)?.focus();
  }

  facetValue(facet, entry, isChosen) {
    const money = entry.money.map((line) => [line.over && `over ${line.over}`, line.under && `under ${line.under}`]
      .filter(Boolean).join(", ") + ` ${line.currency}`);
    const signed = entry.money.map((line) => [line.over && `+${line.over}`, line.under && `-${line.under}`]
      .filter(Boolean).join(" / ") + ` ${line.currency}`);
    const withMoney = facet === "control_id" || isChosen;
    const shown = withMoney ? signed.slice(0, isChosen ? 8 : 3) : [];
    const left = withMoney ? money.length - shown.length : 0;
    return make("button", {
      class: "wbx-value", type: "button", "aria-pressed": isChosen, "data-wbx-key": `${facet}\t${entry.value}`,
      title: [entry.label + (entry.value && entry.value !== entry.label ? ` (${entry.value})` : ""), ...money].join("\n"),
      onclick: () => this.choose(facet, entry.value),
    },
      make("span", { class: "wbx-label" }, entry.label), make("span", { class: "wbx-count" }, count(entry.rows)),
      ...shown.map((line) => make("span", { class: "wbx-money" }, line)),
      left > 0 ? make("span", { class: "wbx-money" }, `and ${left} more ${left === 1 ? "currency" : "currencies"}`) : "");
  }

  // The grid

  paintHead() {
    this.head.replaceChildren(...COLUMNS.map(([name, label, sort, kind], place) => {
      const isSorted = sort !== null && this.view.sort === sort;
      const order = isSorted ? (this.view.descending ? "descending" : "ascending") : "none";
      const mark = isSorted ? (this.view.descending ? " ▾" : " ▴") : "";
      return make("div", {
        role: "columnheader", class: `wbx-cell wbx-${kind}`, "aria-colindex": place + 1,
        "aria-sort": sort === null ? null : order, "data-column": name,
      }, sort === null ? label : make("button", {
        type: "button", title: kind === "number" ? "sort within each currency" : "sort",
        onclick: () => this.ask({ sort, descending: isSorted ? !this.view.descending : kind === "number" }),
      }, label + mark));
    }));
  }

  fit() {
    const room = this.scroller.clientHeight - ROW - 4;
    this.fits = Math.max(1, Math.floor(room / ROW));
    this.viewport.style.height = `${this.scroller.clientHeight}px`;
    const tall = Math.min((this.total + 1) * ROW + 4, TALLEST);
    this.filler.style.height = `${Math.max(0, tall - this.scroller.clientHeight)}px`;
    this.scroller.setAttribute("aria-rowcount", this.total + 1);
    if (this.screen) this.goTo(this.top);
  }

  get last() {
    return Math.max(0, this.total - this.fits);
  }

  goTo(row) {
    this.top = Math.min(Math.max(0, row), this.last);
    const range = this.scroller.scrollHeight - this.scroller.clientHeight;
    this.scroller.scrollTop = this.last ? (this.top / this.last) * range : 0;
    this.at = this.scroller.scrollTop;
    this.paint();
  }

  scrolled() {
    if (Math.abs(this.scroller.scrollTop - this.at) < 1) return;
    const range = this.scroller.scrollHeight - this.scroller.clientHeight;
    this.at = this.scroller.scrollTop;
    this.top = range > 0 ? Math.round((this.at / range) * this.last) : 0;
    this.paint();
  }

  wheel(event) {
    if (this.total * ROW < TALLEST || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
    event.preventDefault();
    const rows = event.deltaMode === 0 ? event.deltaY / ROW : event.deltaY;
    this.goTo(this.top + (Math.round(rows) || Math.sign(rows)));
  }

  key(event) {
    if (event.target !== this.scroller) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: this.fits, PageUp: -this.fits, Home: -this.total, End: this.total };
    if (event.key === "Enter" || event.key === " ") this.select(this.active);
    else if (event.key in step) {
      this.active = Math.min(Math.max(0, this.active + step[event.key]), Math.max(0, this.total - 1));
      if (this.active < this.top) this.goTo(this.active);
      else if (this.active >= this.top + this.fits) this.goTo(this.active - this.fits + 1);
      else this.paint();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  select(place) {
    const row = this.held.rows[place - this.held.start];
    if (!row) return;
    this.active = place;
    this.model.set("selected", row.finding_id);
    this.model.save_changes();
    this.paint();
  }

  paint() {
    const { start, rows } = this.held;
    const end = Math.min(this.top + this.fits, this.total);
    const selected = this.model.get("selected");
    const nodes = [];
    for (let place = this.top; place < end; place += 1) nodes.push(this.row(place, rows[place - start], selected));
    if (!this.total) nodes.push(this.empty());
    this.body.replaceChildren(...nodes);
    this.scroller.setAttribute("aria-activedescendant", this.total ? `${this.client}-${this.active}` : "");
    this.say(end);
    if (!this.waiting && (this.top < start || end > start + rows.length)) {
      this.send({ kind: "rows", start: Math.max(0, this.top - AHEAD), count: this.fits + 2 * AHEAD });
    }
  }

  row(place, row, selected) {
    const isSelected = Boolean(row) && row.finding_id === selected;
    const cells = COLUMNS.map(([name, , , kind], column) => make("div", {
      role: "gridcell", class: `wbx-cell wbx-${kind} wbx-is-${name}`, "aria-colindex": column + 1,
      title: row ? this.hint(name, row) : null,
    }, ...(row ? this.content(name, row) : [column ? "" : "…"])));
    return make("div", {
      role: "row", id: `${this.client}-${place}`, "aria-rowindex": place + 2, "aria-selected": isSelected,
      class: `wbx-row${place === this.active ? " wbx-active" : ""}${row?.suppressed ? " wbx-quiet" : ""}`,
      "data-finding": row?.finding_id ?? null, onclick: () => { this.scroller.focus(); this.select(place); },
    }, ...cells);
  }

  hint(name, row) {
    if (name === "control") return `${row.control} ${row.title}`;
    if (name === "customer_name") return `${row.customer_name} (${row.customer ?? "none"})`;
    return ["expected", "billed", "impact"].includes(name) ? `${row[name]} ${row.currency}` : row[name];
  }

  content(name, row) {
    if (name === "severity") return [make("span", { class: `wbx-mark wbx-${row.severity}`, "aria-hidden": "true" }), row.severity];
    if (name === "impact") return row.impact ? [row.impact, make("span", { class: "wbx-ccy" }, row.currency)] : [""];
    if (name === "reason" && row.suppressed) return [make("span", { class: "wbx-chip" }, row.suppressed), row.reason];
    return [row[name] ?? ""];
  }

  empty() {
    const words = this.view.search || Object.keys(this.view.chosen).length
      ? "No finding fits. Clear a facet or the search."
      : "No findings: nothing that the controls looked for was there.";
    return make("div", { role: "row", class: "wbx-empty" }, make("div", { role: "gridcell" }, words));
  }

  say(end) {
    const within = ["impact", "expected", "billed"].includes(this.view.sort) ? " within each currency" : "";
    this.status.textContent = this.total
      ? `Rows ${count(this.top + 1)} to ${count(end)} of ${count(this.total)}, by ${this.view.sort}${within}. Arrows move, Enter opens.`
      : "0 rows";
    const given = Object.entries(this.view.chosen).map(([name, values]) => `${name}=[${values.map(literal).join(", ")}]`);
    if (this.view.search) given.push(`search=${literal(this.view.search)}`);
    if (this.view.sort !== "severity" || this.view.descending) given.push(`sort=${literal(this.view.sort)}`);
    if (this.view.descending) given.push("descending=True");
    if (this.view.suppressed) given.push("suppressed=True");
    this.code.textContent = `investigation.show(${given.join(", ")})`;
  }
}

const literal = (value) => (value === null ? "None" : JSON.stringify(value));

export default {
  render({ model, el }) {
    const explorer = new Explorer(model, el);
    return () => explorer.close();
  },
};
