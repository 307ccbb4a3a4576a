// The cash desk in the page. All data reaches the document as text, never as markup.

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const button = (words, onclick, more = {}) => make("button", { type: "button", onclick, class: "wbc-button", ...more }, words);

class Desk {
  constructor(model, host) {
    speak(model, host);
    this.model = model;
    this.totals = make("div", { class: "wbc-totals" });
    this.list = make("div", { class: "wbc-list", role: "listbox", tabindex: "0", "aria-label": say("Receipts") });
    this.place = make("span", { class: "wbc-soft" });
    this.previous = button(say("◂ Previous"), () => this.turn(-1));
    this.next = button(say("Next ▸"), () => this.turn(1));
    this.ways = make("div", { class: "wbc-ways", role: "group", "aria-label": say("What the receipt may be for") });
    this.why = make("input", { type: "text", class: "wbc-why", placeholder: say("why it is refused"), "aria-label": say("Why it is refused") });
    this.file = make("input", { type: "text", class: "wbc-file", "aria-label": say("File for the applications") });
    this.said = make("div", { class: "wbc-said", role: "status", "aria-live": "polite" });
    this.code = make("code", { class: "wbc-code", title: say("the same in code") });
    this.root = make("div", { class: "wbc", "data-lm-suppress-shortcuts": "true", onkeydown: (event) => this.key(event) },
      this.totals,
      make("div", { class: "wbc-main" },
        make("div", { class: "wbc-side" }, this.list, make("div", { class: "wbc-bar" }, this.previous, this.next, this.place)),
        make("div", { class: "wbc-side" }, this.ways,
          make("div", { class: "wbc-bar" }, button(say("Refuse"), () => this.refuse()), this.why,
            button(say("Take back"), () => this.back())))),
      make("div", { class: "wbc-soft" }, say("Arrows choose a receipt, Enter goes to what it may be for, 1 to 9 accepts one of them, R refuses, U takes back.")),
      this.said, this.code,
      make("div", { class: "wbc-bar" }, button(say("Write applications"), () => model.send({ kind: "export", name: this.file.value })), this.file));
    host.append(this.root);
    this.changed = () => this.paint();
    model.on("change:view", this.changed);
    this.paint();
  }

  close() {
    this.model.off("change:view", this.changed);
  }

  paint() {
    const view = this.model.get("view");
    const focused = this.root.contains(document.activeElement) && document.activeElement.dataset?.match;
    this.totals.replaceChildren(make("b", {}, say("Cash that is not applied, as of {day}", { day: view.as_of })),
      ...view.totals.map(([currency, state, count, amount]) => make("span", {}, make("b", {}, `${currency} ${amount}`), " " + say("{state}, {count}", { state, count }))));
    this.list.replaceChildren(...view.receipts.map((row) => this.receipt(row, row.id === view.open)));
    if (!view.receipts.length) this.list.append(make("p", { class: "wbc-soft" }, say("No receipt has anything that fits.")));
    const open = this.list.querySelector("[aria-selected=true]");
    if (open) {
      this.list.setAttribute("aria-activedescendant", open.id);
      open.scrollIntoView({ block: "nearest" });
    } else this.list.removeAttribute("aria-activedescendant");
    this.place.textContent = counted(view.count, "page {page} of {pages}, {count} receipt", "page {page} of {pages}, {count} receipts", { page: view.page, pages: view.pages });
    this.previous.disabled = view.page <= 1;
    this.next.disabled = view.page >= view.pages;
    this.ways.replaceChildren(make("h4", {}, view.open ? say("What {receipt} may be for", { receipt: view.open }) : say("Choose a receipt")),
      ...view.alternatives.map((way, place) => this.way(way, place)));
    this.said.textContent = view.said;
    this.said.className = `wbc-said${view.failed ? " wbc-failed" : ""}`;
    this.code.textContent = view.code;
    if (document.activeElement !== this.file && !this.file.value) this.file.value = view.file;
    if (focused) this.ways.querySelector(`[data-match="${CSS.escape(focused)}"]`)?.focus();
  }

  receipt(row, isOpen) {
    return make("div", { role: "option", id: `wbc-${row.id}`, class: "wbc-row", "data-receipt": row.id, "data-state": row.state,
      "aria-selected": isOpen, onclick: () => this.open(row.id) },
      make("span", { class: "wbc-from", title: row.from }, row.from), make("span", { class: "wbc-amount" }, row.amount),
      make("span", { class: "wbc-soft" }, `${row.id} · ${row.received}`), make("span", { class: "wbc-state" }, row.state_said));
  }

  way(way, place) {
    const act = way.state === "proposal" ? button(say("Accept"), () => this.model.send({ kind: "accept", name: way.id }), { "data-match": way.id,
      "aria-label": say("Accept {items}", { items: way.items.join(say(" and ")) }) }) : make("b", { class: "wbc-holds" }, way.state_said);
    return make("div", { class: "wbc-way", "data-way": way.id }, make("span", { class: "wbc-soft" }, `${place + 1}`),
      make("div", {}, ...way.items.map((item) => make("div", { class: "wbc-item" }, item)), make("div", { class: "wbc-soft" }, say("{pass}: {why}", { pass: way.pass, why: way.why }))), act);
  }

  open(name) {
    this.model.send({ kind: "open", name });
    this.list.focus();
  }

  turn(by) {
    this.model.send({ kind: "page", name: String(this.model.get("view").page + by) });
  }

  refuse() {
    const name = this.model.get("view").open;
    if (name) this.model.send({ kind: "refuse", name, why: this.why.value });
    this.why.value = "";
  }

  back() {
    const name = this.model.get("view").open;
    if (name) this.model.send({ kind: "back", name });
  }

  key(event) {
    if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
    const view = this.model.get("view");
    const at = view.receipts.findIndex((row) => row.id === view.open);
    const moved = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: view.receipts.length - 1 }[event.key];
    const way = /^[1-9]$/.test(event.key) ? view.alternatives[Number(event.key) - 1] : undefined;
    if (moved !== undefined && event.target === this.list) {
      const row = view.receipts[Math.max(0, Math.min(view.receipts.length - 1, moved))];
      if (row) this.open(row.id);
    } else if (event.key === "Enter" && event.target === this.list) this.ways.querySelector("button")?.focus();
    else if (event.key === "Escape") this.list.focus();
    else if (way) this.model.send({ kind: "accept", name: way.id });
    else if (event.key === "r") this.refuse();
    else if (event.key === "u") this.back();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

export default {
  render({ model, el }) {
    const desk = new Desk(model, el);
    return () => desk.close();
  },
};
