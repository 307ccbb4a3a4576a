// The grid: it holds the rows that are in sight and asks for others as they come into sight.

const ROW = 28;
const TALLEST = 6_000_000; // browsers cap an element's height: beyond it the scroll bar stands for more than a pixel a row
const AHEAD = 40;
const MONEY = ["impact", "expected", "billed"];
const WIDTHS = {
  severity: "92px", control: "76px", customer: "minmax(150px, 1.2fr)", direction: "98px", decision: "100px", date: "92px",
  subject: "124px", reason: "minmax(240px, 2.4fr)", family: "110px", title: "minmax(180px, 1.4fr)", cause: "minmax(180px, 1.4fr)",
  entity: "minmax(110px, .8fr)", product: "minmax(120px, 1fr)", owner: "minmax(100px, .8fr)", month: "76px",
  suppressed: "minmax(110px, .8fr)", finding: "150px",
};

class Grid {
  constructor(explorer) {
    this.explorer = explorer;
    this.top = 0;
    this.active = 0;
    this.anchor = null;
    this.held = { start: 0, rows: [] };
    this.total = 0;
    this.fits = 1;
    this.head = make("div", { class: "wbx-row wbx-head", role: "row", "aria-rowindex": 1 });
    this.body = make("div", { role: "rowgroup" });
    this.viewport = make("div", { class: "wbx-viewport", role: "presentation" },
      make("div", { role: "rowgroup" }, this.head), this.body);
    this.filler = make("div", { role: "presentation" });
    this.node = make("div", {
      class: "wbx-grid", role: "grid", tabindex: "0", "aria-label": say("Findings"), "aria-multiselectable": "true",
      onscroll: () => this.scrolled(), onkeydown: (event) => this.key(event),
    }, this.viewport, this.filler);
    this.node.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  take(screen) {
    this.total = screen.total;
    this.held = { start: 0, rows: screen.rows };
    this.active = 0;
    this.anchor = null;
    const sizes = ["34px", ...screen.view.columns.map((name) => (MONEY.includes(name)
      // An amount is never cut off: its column is as wide as the longest of the whole run.
      ? `calc(${screen.widths[name] * 0.62}em + ${name === "impact" ? 66 : 24}px)` : WIDTHS[name]))];
    const least = sizes.map((size) => size.match(/minmax\(([^,]+)/)?.[1] ?? size).join(" + ");
    this.viewport.style.setProperty("--columns", sizes.join(" "));
    this.viewport.style.minWidth = `calc(${least})`;
    this.node.setAttribute("aria-colcount", sizes.length);
    this.node.setAttribute("aria-rowcount", this.total + 1);
    this.paintHead();
    this.fit();
    this.goTo(0);
  }

  paintHead() {
    const { view, columns } = this.explorer;
    const marks = this.explorer.marks;
    const isAll = this.total > 0 && marks.here === this.total;
    const box = make("input", {
      type: "checkbox", tabindex: "-1", "aria-label": say("Mark all {count} matching", { count: count(this.total) }),
      onchange: () => this.explorer.setMarks({ what: "all", on: box.checked }),
    });
    box.checked = isAll;
    box.indeterminate = !isAll && marks.here > 0;
    this.head.replaceChildren(make("div", { role: "columnheader", class: "wbx-cell wbx-is-mark", "aria-colindex": 1 }, box),
      ...view.columns.map((name, place) => {
        const way = view.sort.find(([sorted]) => sorted === name)?.[1];
        const isMoney = MONEY.includes(name);
        return make("div", {
          role: "columnheader", class: `wbx-cell${isMoney ? " wbx-number" : ""}`, "aria-colindex": place + 2, "data-column": name,
          "aria-sort": way ? { asc: "ascending", desc: "descending" }[way] : "none",
        }, button(columns[name] + (way ? { asc: " ▴", desc: " ▾" }[way] : ""), (event) => this.explorer.sortBy(name, event.shiftKey), {
          title: isMoney ? say("sort within each currency; with Shift after what is sorted already") : say("sort; with Shift after what is sorted already"),
        }));
      }));
  }

  fit() {
    const room = this.node.clientHeight - 32 - 4;
    this.fits = Math.max(1, Math.floor(room / ROW));
    this.viewport.style.height = `${this.node.clientHeight}px`;
    const tall = Math.min((this.total + 1) * ROW + 4, TALLEST);
    this.filler.style.height = `${Math.max(0, tall - this.node.clientHeight)}px`;
    if (this.explorer.screen) this.goTo(this.top);
  }

  get last() {
    return Math.max(0, this.total - this.fits);
  }

  goTo(row) {
    this.top = Math.min(Math.max(0, row), this.last);
    const range = this.node.scrollHeight - this.node.clientHeight;
    this.node.scrollTop = this.last ? (this.top / this.last) * range : 0;
    this.at = this.node.scrollTop;
    this.paint();
  }

  scrolled() {
    if (Math.abs(this.node.scrollTop - this.at) < 1) return;
    const range = this.node.scrollHeight - this.node.clientHeight;
    this.at = this.node.scrollTop;
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
    if (event.target !== this.node) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: this.fits, PageUp: -this.fits, Home: -this.total, End: this.total };
    if (event.key === "Enter") this.open(this.active);
    else if (event.key === " ") this.mark(this.active);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.explorer.setMarks({ what: "all", on: true });
    else if (event.key in steps) this.move(this.active + steps[event.key], event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(wanted, extends_) {
    const before = this.active;
    this.active = Math.min(Math.max(0, wanted), Math.max(0, this.total - 1));
    if (extends_) {
      this.anchor ??= before;
      this.explorer.setMarks({ what: "range", first: this.anchor, last: this.active, on: true });
    } else this.anchor = null;
    if (this.active < this.top) this.goTo(this.active);
    else if (this.active >= this.top + this.fits) this.goTo(this.active - this.fits + 1);
    else this.paint();
  }

  at_(place) {
    return this.held.rows[place - this.held.start];
  }

  mark(place) {
    const row = this.at_(place);
    if (!row) return;
    this.active = place;
    this.anchor = place;
    this.explorer.setMarks({ what: "some", findings: [row.finding], on: !row.marked });
  }

  open(place) {
    const row = this.at_(place);
    if (!row) return;
    this.active = place;
    this.explorer.open(row.finding);
  }

  reveal(place) {
    if (place < 0) return;
    this.active = place;
    if (place < this.top || place >= this.top + this.fits) this.goTo(place - Math.floor(this.fits / 2));
    else this.paint();
  }

  marked(asked) {
    const [first, last] = [Math.min(asked.first, asked.last), Math.max(asked.first, asked.last)];
    for (const [place, row] of this.held.rows.entries()) {
      const position = place + this.held.start;
      if (asked.what === "all" || (asked.what === "range" && position >= first && position <= last)
        || (asked.what === "some" && asked.findings.includes(row.finding))) row.marked = asked.on;
      else if (asked.what === "nothing") row.marked = false;
    }
    this.paintHead();
    this.paint();
  }

  paint() {
    const { start, rows } = this.held;
    const end = Math.min(this.top + this.fits, this.total);
    const nodes = [];
    for (let place = this.top; place < end; place += 1) nodes.push(this.row(place, rows[place - start]));
    if (!this.total) nodes.push(this.empty());
    this.body.replaceChildren(...nodes);
    if (this.total) this.node.setAttribute("aria-activedescendant", `${this.explorer.client}-${this.active}`);
    else this.node.removeAttribute("aria-activedescendant");
    this.explorer.tell(this.top, end);
    if (!this.explorer.waiting && (this.top < start || end > start + rows.length)) {
      this.explorer.send({ kind: "rows", start: Math.max(0, this.top - AHEAD), count: this.fits + 2 * AHEAD });
    }
  }

  row(place, row) {
    const isOpen = Boolean(row) && row.finding === this.explorer.opened;
    const box = make("div", { role: "gridcell", class: "wbx-cell wbx-is-mark", "aria-colindex": 1 },
      make("span", { class: "wbx-box", "aria-hidden": "true", onclick: (event) => { event.stopPropagation(); this.mark(place); } }, row?.marked ? "✓" : ""));
    const cells = this.explorer.view.columns.map((name, column) => make("div", {
      role: "gridcell", class: `wbx-cell wbx-is-${name}${MONEY.includes(name) ? " wbx-number" : ""}`, "aria-colindex": column + 2,
      title: row ? this.hint(name, row) : null,
    }, row ? this.content(name, row) : column ? "" : "…"));
    return make("div", {
      role: "row", id: `${this.explorer.client}-${place}`, "aria-rowindex": place + 2, "aria-selected": Boolean(row?.marked),
      "aria-current": isOpen ? "true" : null, "data-finding": row?.finding,
      class: `wbx-row${place === this.active ? " wbx-active" : ""}${row?.suppressed ? " wbx-quiet" : ""}`,
      onclick: (event) => this.clicked(event, place),
    }, box, cells);
  }

  clicked(event, place) {
    this.node.focus();
    if (event.shiftKey) this.move(place, true);
    else if (event.ctrlKey || event.metaKey) this.mark(place);
    else {
      this.anchor = place;
      this.open(place);
    }
  }

  hint(name, row) {
    if (name === "control") return `${row.control} ${row.title}`;
    if (name === "customer") return `${row.customer} (${row.customer_id || say("none")})`;
    return MONEY.includes(name) ? `${row[name]} ${row.currency}` : row[name];
  }

  content(name, row) {
    if (name === "severity") return [make("span", { class: `wbx-mark wbx-${row.level}`, "aria-hidden": "true" }), row.severity];
    if (name === "impact") return row.impact ? [row.impact, make("span", { class: "wbx-ccy" }, row.currency)] : "";
    if (name === "reason" && row.suppressed) return [make("span", { class: "wbx-chip" }, row.suppressed), row.reason];
    return row[name] ?? "";
  }

  empty() {
    const { view, screen } = this.explorer;
    const narrowed = view.search || Object.keys(view.facets).length || view.findings.length;
    const words = narrowed ? say("No finding fits. Clear a facet or the search.") : say("No findings: nothing that the controls looked for was there.");
    return make("div", { role: "row", class: "wbx-empty" }, make("div", { role: "gridcell" }, words,
      screen.notes.map((note) => make("div", {}, note))));
  }
}
