// The facets: what can be chosen, each with its count and its money, under all that is chosen elsewhere.

const FOLDED = ["family", "entity", "product", "owner", "currency"];
const MORE = 25;

class Facets {
  constructor(explorer) {
    this.explorer = explorer;
    this.folded = new Set(FOLDED);
    this.withMoney = false;
    this.list = make("div", { class: "wbx-facet-list" });
    const money = make("input", { type: "checkbox", onchange: () => { this.withMoney = money.checked; this.paint(); } });
    this.node = make("div", { class: "wbx-facets", role: "group", "aria-label": say("Facets"), onkeydown: (event) => this.key(event) },
      make("label", { class: "wbx-toggle wbx-with-money" }, money, say("money at every value")), this.list);
  }

  get view() {
    return this.explorer.view;
  }

  paint() {
    const focused = document.activeElement;
    const key = this.node.contains(focused) ? focused.dataset.wbKey : null;
    const caret = key && focused.tagName === "INPUT" ? focused.selectionStart : null;
    this.list.replaceChildren(...this.explorer.screen.facets.map((facet) => this.facet(facet)),
      ...this.explorer.screen.lacks.map((what) => make("div", { class: "wbx-lacks" }, say("Not in this snapshot: {what}", { what }))));
    if (!key) return;
    const again = [...this.node.querySelectorAll("[data-wb-key]")].find((node) => node.dataset.wbKey === key);
    again?.focus();
    if (caret !== null) again?.setSelectionRange(caret, caret);
  }

  facet(facet) {
    const chosen = this.view.facets[facet.name] ?? [];
    const isOpen = !this.folded.has(facet.name) || chosen.length > 0 || Boolean(facet.find);
    const id = `${this.explorer.client}-${facet.name}`;
    const head = button(facet.label, () => {
      if (isOpen) this.folded.add(facet.name); else this.folded.delete(facet.name);
      this.paint();
    }, { id, class: "wbx-facet-head", "aria-expanded": isOpen, "data-wb-key": `head ${facet.name}` });
    const more = facet.all - facet.values.length;
    return make("section", { class: "wbx-facet", "data-facet": facet.name, role: "group", "aria-labelledby": id },
      make("h4", {}, head, make("span", { class: "wbx-soft" }, count(facet.all))),
      isOpen && (facet.all > facet.values.length || facet.values.length > 12 || facet.find) ? this.finder(facet) : "",
      isOpen ? facet.values.map((entry) => this.value(facet.name, entry, chosen.includes(entry.value))) : "",
      isOpen && !facet.values.length ? make("div", { class: "wbx-money" }, say("nothing of that name")) : "",
      isOpen && more > 0 ? button(say("{count} more", { count: count(more) }), () => this.widen(facet), {
        class: "wbx-more", "data-wb-key": `more ${facet.name}`, "aria-label": say("{count} more of {facet}", { count: count(more), facet: facet.label }),
      }) : "");
  }

  finder(facet) {
    const field = make("input", {
      type: "search", class: "wbx-find", placeholder: say("Find among {count}", { count: count(facet.values_known) }),
      "aria-label": say("Find in {facet}", { facet: facet.label }), "data-wb-key": `find ${facet.name}`,
      oninput: () => {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.explorer.find(facet.name, field.value), 150);
      },
    });
    field.value = this.explorer.finds[facet.name] ?? "";
    return field;
  }

  widen(facet) {
    this.explorer.widen(facet.name, facet.values.length + MORE);
  }

  value(name, entry, isChosen) {
    const words = entry.money.map((line) => `${moneyWords({ ...line, at_risk: 0 })} ${line.currency}`);
    const withMoney = this.withMoney || isChosen || name === "control";
    const shown = withMoney ? entry.money.map(moneySigned).slice(0, isChosen || this.withMoney ? 8 : 3) : [];
    const left = withMoney ? entry.money.length - shown.length : 0;
    // A cause is its words; of what has a key the key stands beside them.
    const own = name !== "cause" && entry.value && entry.value !== entry.label && !entry.label.startsWith(entry.value) ? ` (${entry.value})` : "";
    return make("button", {
      type: "button", class: "wbx-value", role: "checkbox", "aria-checked": isChosen, "data-wb-key": `${name}\t${entry.value}`,
      "aria-label": [`${entry.label}${own}, ${count(entry.rows)}`, ...words].join(", "), title: [entry.label + own, ...words].join("\n"),
      onclick: () => this.explorer.choose(name, entry.value),
    },
      make("span", { class: "wbx-box", "aria-hidden": "true" }, isChosen ? "✓" : ""),
      make("span", { class: "wbx-label" }, entry.label), make("span", { class: "wbx-count" }, count(entry.rows)),
      shown.map((line) => make("span", { class: "wbx-money" }, line)),
      left > 0 ? make("span", { class: "wbx-money" }, counted(left, "and {count} more currency", "and {count} more currencies")) : "");
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.tagName !== "BUTTON") return;
    const stops = [...this.node.querySelectorAll("button")];
    stops[stops.indexOf(event.target) + step]?.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
