// The findings explorer in the page: what it holds, asks of the kernel and hears from it.

const PATIENCE = 8000;

class Explorer {
  constructor(model, host) {
    speak(model, host);
    this.model = model;
    this.client = `wbx${Math.random().toString(36).slice(2)}`;
    this.turn = 0;
    this.finds = {};
    this.more = {};
    this.marks = { count: 0, here: 0, money: [] };
    this.views = [];
    this.columns = model.get("columns");
    this.build(host);
    this.take(model.get("opening"));
    this.onMessage = (message) => this.hear(message);
    this.onSelected = () => this.grid.paint();
    this.onJob = () => this.job.paint(model.get("job") ?? {});
    model.on("msg:custom", this.onMessage);
    model.on("change:selected", this.onSelected);
    model.on("change:job", this.onJob);
    this.onJob();
    this.watcher = new ResizeObserver(() => this.grid.fit());
    this.watcher.observe(this.grid.node);
    this.kernel = model.widget_manager?.kernel;
    this.onStatus = (_kernel, status) => {
      if (["restarting", "autorestarting", "dead", "terminating"].includes(status)) this.lost();
    };
    this.kernel?.statusChanged?.connect(this.onStatus);
  }

  close() {
    this.model.off("msg:custom", this.onMessage);
    this.model.off("change:selected", this.onSelected);
    this.model.off("change:job", this.onJob);
    this.kernel?.statusChanged?.disconnect(this.onStatus);
    this.watcher.disconnect();
    clearTimeout(this.patience);
    clearTimeout(this.typing);
  }

  get opened() {
    return this.model.get("selected");
  }

  build(host) {
    this.totals = make("div", { class: "wbx-totals", "aria-live": "polite" });
    this.search = make("input", {
      class: "wbx-search", type: "search", placeholder: say("Search findings  ( / )"), title: say("looks in reason, subject, id, control, customer, product, entity, owner and cause"),
      "aria-label": say("Search findings"),
      oninput: () => {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.ask({ search: this.search.value.trim() }), 200);
      },
      onkeydown: (event) => this.searchKey(event),
    });
    this.suppressed = make("input", { type: "checkbox", onchange: () => this.ask({ suppressed: this.suppressed.checked }) });
    this.clear = button(say("Clear all"), () => this.clearAll(), { class: "wb-button wbx-clear" });
    this.columnsMenu = columnsMenu(this);
    this.viewsMenu = viewsMenu(this);
    this.chosen = make("div", { class: "wbx-chosen", role: "group", "aria-label": say("Chosen") });
    this.job = new JobBar(this);
    this.facets = new Facets(this);
    this.grid = new Grid(this);
    this.status = make("div", { class: "wbx-status", role: "status" });
    this.problem = make("div", { class: "wbx-problem", role: "alert" });
    this.marked = make("div", { class: "wbx-marked", role: "status" });
    this.code = make("code", { class: "wbx-code", title: say("the same in code") });
    // Lab's own shortcuts take arrows and Enter before the page does, unless an element says that it wants them.
    this.root = make("div", { class: "wbx", "data-lm-suppress-shortcuts": "true", role: "region", "aria-label": say("Findings explorer"), onkeydown: (event) => this.key(event) },
      make("div", { class: "wbx-bar" }, this.totals,
        make("div", { class: "wbx-tools" }, this.search, make("label", { class: "wbx-toggle" }, this.suppressed, say("show suppressed")),
          this.columnsMenu.node, this.viewsMenu.node, this.clear)),
      this.chosen, this.job.node, this.problem,
      make("div", { class: "wbx-main" }, this.facets.node, make("div", { class: "wbx-right" }, this.grid.node,
        make("div", { class: "wbx-foot" }, this.status, this.marked,
          make("div", { class: "wbx-copy" }, this.code, copyButton(() => this.code.textContent, say("Copy the code that shows these rows")))))));
    host.append(this.root);
  }

  // What the kernel says

  hear(message) {
    if (message.client !== null && message.client !== undefined && message.client !== this.client) return;
    clearTimeout(this.patience);
    if (message.kind === "marks") return this.takeMarks(message);
    const isScreen = message.kind === "view" || message.kind === "rows";
    // What was asked before the last question is no longer wanted.
    if (isScreen && message.client && message.turn !== this.turn) return;
    if (isScreen || message.kind === "problem") {
      this.waiting = false;
      this.grid.node.removeAttribute("aria-busy");
    }
    this.problem.textContent = "";
    if (message.kind === "problem") this.problem.textContent = message.text;
    else if (message.kind === "view") this.take(message);
    else if (message.kind === "facet") this.takeFacet(message.facet);
    else if (message.kind === "views") this.takeViews(message);
    else if (message.kind === "said") this.status.textContent = message.said;
    else if (message.kind === "reveal") this.grid.reveal(message.place);
    else if (message.kind === "rows") {
      this.grid.held = { start: message.start, rows: message.rows };
      this.grid.paint();
    }
  }

  take(screen) {
    this.view = structuredClone(screen.view);
    this.screen = screen;
    this.marks = screen.marks;
    this.views = screen.views;
    if (document.activeElement !== this.search) this.search.value = this.view.search;
    this.suppressed.checked = this.view.suppressed;
    this.paintTotals();
    this.paintChosen();
    this.facets.paint();
    this.code.textContent = screen.code;
    this.grid.take(screen);
    this.paintMarks();
    if (!this.columnsMenu.sheet.hidden) this.columnsMenu.refill();
  }

  takeFacet(facet) {
    this.screen.facets = this.screen.facets.map((other) => (other.name === facet.name ? facet : other));
    this.facets.paint();
  }

  takeViews(message) {
    this.views = message.views;
    this.status.textContent = message.said;
    if (!this.viewsMenu.sheet.hidden) this.viewsMenu.refill();
  }

  takeMarks(message) {
    this.marks = message.marks;
    this.grid.marked(message.asked);
    this.paintMarks();
  }

  lost() {
    clearTimeout(this.patience);
    this.waiting = false;
    this.isLost = true;
    this.grid.node.removeAttribute("aria-busy");
    this.root.classList.add("wbx-lost");
    this.problem.textContent = say("The kernel is gone or was restarted: run this cell again to go on. What is shown is from before.");
  }

  // What it asks of the kernel

  send(content) {
    if (this.isLost) return this.lost();
    if (content.kind === "view" || content.kind === "rows" || content.kind === "load") {
      this.turn += 1;
      this.waiting = true;
      this.grid.node.setAttribute("aria-busy", "true");
    }
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.problem.textContent = say("No answer from the kernel yet. If it is busy, wait; if it was restarted, run this cell again.");
      this.waiting = false;
    }, PATIENCE);
    this.model.send({ client: this.client, turn: this.turn, ...content });
  }

  ask(change) {
    this.view = { ...this.view, ...change };
    this.send({ kind: "view", view: this.view, more: this.more, find: this.finds, count: this.grid.fits + AHEAD });
  }

  choose(facet, value) {
    const facets = { ...this.view.facets };
    const values = facets[facet] ?? [];
    facets[facet] = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
    if (!facets[facet].length) delete facets[facet];
    this.ask({ facets });
  }

  find(facet, text) {
    this.finds[facet] = text;
    this.send({ kind: "facet", name: facet, find: text, more: Math.max(this.more[facet] ?? 0, text ? MORE : 6) });
  }

  widen(facet, values) {
    this.more[facet] = values;
    this.send({ kind: "facet", name: facet, find: this.finds[facet] ?? "", more: values });
  }

  sortBy(name, isMore) {
    const before = this.view.sort.find(([sorted]) => sorted === name)?.[1];
    const first = MONEY.includes(name) ? "desc" : "asc";
    const way = before ? (before === "asc" ? "desc" : "asc") : first;
    const rest = isMore ? this.view.sort.filter(([sorted]) => sorted !== name) : [];
    this.ask({ sort: isMore && before ? this.view.sort.map(([sorted, own]) => [sorted, sorted === name ? way : own]) : [...rest, [name, way]] });
  }

  setMarks(what) {
    this.send({ kind: "mark", ...what });
  }

  open(finding) {
    this.model.set("selected", finding);
    this.model.save_changes();
    this.grid.paint();
  }

  clearAll() {
    this.search.value = "";
    this.finds = {};
    this.more = {};
    this.ask({ facets: {}, search: "", findings: [] });
  }

  plainView() {
    const kept = Object.entries(this.view).filter(([, value]) => (value instanceof Object ? Object.keys(value).length : value));
    return Object.fromEntries(kept); // of many ids the page has none: a saved view has them
  }

  // What stands around the grid

  paintTotals() {
    const { funnel, ties, total, findings, all, currencies } = this.screen;
    const shown = this.view.suppressed
      ? say("{count} shown, {suppressed} of them suppressed", { count: count(total), suppressed: count(total - findings) })
      : say("{count} shown", { count: count(total) });
    const lines = currencies.filter((line) => line.over || line.under || line.at_risk).map((line) =>
      make("span", { class: "wbx-currency" }, make("b", {}, line.currency || say("no currency")), moneyWords(line)));
    this.totals.replaceChildren(
      make("div", {}, make("span", { class: "wbx-shown" }, shown),
        make("span", { class: "wbx-funnel" }, [say("{count} of {all} findings", { count: count(findings), all: count(all) }), funnel, ties].join(" · "))),
      make("div", { class: "wbx-currencies" }, lines));
    this.clear.disabled = !Object.keys(this.view.facets).length && !this.view.search && !this.view.findings.length;
  }

  paintChosen() {
    const chip = (words, drop) => button([make("span", { "aria-hidden": "true" }, "✕ "), words], drop, { class: "wbx-chosen-one", "aria-label": say("Let go of {what}", { what: words }) });
    const chips = this.screen.facets.flatMap((facet) => (this.view.facets[facet.name] ?? []).map((value) => {
      const label = facet.values.find((entry) => entry.value === value)?.label ?? value ?? say("none");
      return chip(say("{facet}: {value}", { facet: facet.short, value: label }), () => this.choose(facet.name, value));
    }));
    if (this.view.findings.length) chips.push(chip(counted(this.screen.ids, "{count} finding by id", "{count} findings by id"), () => this.ask({ findings: [] })));
    this.chosen.replaceChildren(...chips);
    this.chosen.hidden = !chips.length;
  }

  paintMarks() {
    const { count: marked, money } = this.marks;
    const words = money.filter((line) => line.over || line.under || line.at_risk).slice(0, 4).map((line) => `${line.currency} ${moneyWords(line)}`);
    const all = this.marks.here < this.grid.total ? button(say("Mark all {count} matching", { count: count(this.grid.total) }), () => this.setMarks({ what: "all", on: true }), { class: "wb-button" }) : "";
    const none = marked ? button(say("Unmark"), () => this.setMarks({ what: "nothing" }), { class: "wb-button" }) : "";
    this.marked.replaceChildren(...[marked ? make("span", { class: "wbx-marked-count" }, say("{count} marked", { count: count(marked) })) : "",
      marked ? make("span", {}, words.join(say("; "))) : "", all, none].filter((node) => node !== ""));
  }

  tell(top, end) {
    const total = this.grid.total;
    const order = this.view.sort.map(([name, way]) => sortWords(this.columns[name].toLowerCase(), name, way)).join(say(", then "));
    this.status.textContent = total
      ? say("Rows {first} to {last} of {all}, by {order}. Arrows move, Enter opens, space marks, / searches.",
        { first: count(top + 1), last: count(end), all: count(total), order }) : say("0 rows");
  }

  searchKey(event) {
    if (event.key === "Escape" || event.key === "Enter") {
      if (event.key === "Escape" && this.search.value) {
        this.search.value = "";
        this.ask({ search: "" });
      } else this.grid.node.focus();
      event.preventDefault();
      event.stopPropagation();
    }
  }

  key(event) {
    const isTyping = ["INPUT", "TEXTAREA", "SELECT"].includes(event.target.tagName);
    if (event.key === "/" && !isTyping) {
      this.search.focus();
      this.search.select();
      event.preventDefault();
    } else if (event.key === "Escape" && event.target !== this.grid.node) this.grid.node.focus();
    else return;
    event.stopPropagation();
  }
}

function sortWords(column, name, way) {
  const within = MONEY.includes(name) ? say("{column} within each currency", { column }) : column;
  return way === "desc" ? say("{column}, descending", { column: within }) : within;
}

export default {
  render({ model, el }) {
    const explorer = new Explorer(model, el);
    return () => explorer.close();
  },
};
