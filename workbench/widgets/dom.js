// Elements of a page. All data reaches the document as text, never as markup.

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const button = (words, onclick, more = {}) => make("button", { type: "button", onclick, ...more }, ...[words].flat());

function moneyWords(line) {
  const parts = [line.over && say("over-billed {amount}", { amount: line.over }), line.under && say("under-billed {amount}", { amount: line.under }),
    line.at_risk && say("{count} at risk", { count: count(line.at_risk) })].filter(Boolean);
  return parts.join(" · ");
}

function moneySigned(line) {
  return [line.over && `+${line.over}`, line.under && `-${line.under}`].filter(Boolean).join(" / ") + ` ${line.currency}`;
}

// A clipboard needs a page that the browser trusts; elsewhere the old way still works.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = make("textarea", { style: "position:fixed;top:0;opacity:0" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

function copyButton(what, words) {
  const node = button(say("Copy"), async () => {
    await copyText(what());
    node.textContent = say("Copied");
    setTimeout(() => { node.textContent = say("Copy"); }, 1500);
  }, { class: "wb-button wb-copy", "aria-label": words });
  return node;
}

// A button with something to unfold below it; Escape and a click elsewhere close it.
class Menu {
  constructor(words, fill) {
    this.fill = fill;
    this.sheet = make("div", { class: "wb-sheet", role: "group", "aria-label": words });
    this.sheet.hidden = true;
    this.opener = button(words, () => this.toggle(), { class: "wb-button", "aria-expanded": "false" });
    this.node = make("div", { class: "wb-menu", onkeydown: (event) => this.key(event) }, this.opener, this.sheet);
    this.outside = (event) => { if (!this.node.contains(event.target)) this.close(); };
  }

  toggle() {
    if (!this.sheet.hidden) return this.close();
    this.refill();
    this.sheet.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.outside);
    this.sheet.querySelector("input, button, select")?.focus();
  }

  refill() {
    const focused = document.activeElement?.dataset?.wbKey;
    this.sheet.replaceChildren(...this.fill());
    if (!focused) return;
    // What had the focus may be disabled now: then another part of the same line takes it.
    const line = focused.slice(focused.indexOf(" "));
    const stops = [...this.sheet.querySelectorAll("[data-wb-key]:not(:disabled)")];
    (stops.find((node) => node.dataset.wbKey === focused) ?? stops.find((node) => node.dataset.wbKey.endsWith(line)))?.focus();
  }

  close() {
    this.sheet.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.outside);
  }

  key(event) {
    if (event.key !== "Escape" || this.sheet.hidden) return;
    this.close();
    this.opener.focus();
    event.stopPropagation();
  }
}
