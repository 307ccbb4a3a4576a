// The evidence panel in the page: one finding, the rows it rests on, what was decided, and its x-ray.

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
    make("div", { class: "wbp-verdict" }, make("dt", {}, say("Impact")), make("dd", {}, shown.verdict)));
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
    part.rows.length ? make("div", { class: "wbp-scroll", tabindex: "0", role: "region", "aria-label": part.caption },
      part.turned ? turned(part) : upright(part)) : "");
}

function codeLine(code, words) {
  return code ? make("div", { class: "wbp-copy" }, make("code", { class: "wbp-code", title: say("the same in code") }, code),
    copyButton(() => code, words)) : "";
}

class Panel {
  constructor(model, host) {
    speak(model, host);
    this.model = model;
    this.deciding = new Deciding(model);
    this.finding = make("div", {});
    this.previous = button(say("◂ Previous"), () => model.send({ kind: "step", by: -1 }), { class: "wb-button" });
    this.next = button(say("Next ▸"), () => model.send({ kind: "step", by: 1 }), { class: "wb-button" });
    this.place = make("span", { class: "wbp-place", role: "status" });
    this.xray = button(say("X-ray"), () => model.send({ kind: "xray" }), { class: "wb-button" });
    this.customer = button(say("Customer"), () => model.send({ kind: "customer" }), { class: "wb-button" });
    this.page = make("div", { class: "wbp-page" });
    this.page.hidden = true;
    this.root = make("div", { class: "wbp", role: "region", "aria-label": say("Evidence"), "data-lm-suppress-shortcuts": "true", onkeydown: (event) => this.key(event) },
      make("div", { class: "wbp-bar" }, this.previous, this.next, this.place, this.xray, this.customer),
      this.page, this.finding, this.deciding.node);
    host.append(this.root);
    this.handlers = {
      "change:shown": () => this.follow(), "change:desk": () => this.describe(), "change:page": () => this.open(),
      "msg:custom": (message) => { if (message.kind === "said") this.deciding.tell(message); },
    };
    for (const [name, heard] of Object.entries(this.handlers)) model.on(name, heard);
    this.themes = new MutationObserver(() => { if (!this.page.hidden) this.open(); });
    this.themes.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
    this.follow();
    this.describe();
    this.open();
  }

  close() {
    this.themes.disconnect();
    for (const [name, heard] of Object.entries(this.handlers)) this.model.off(name, heard);
  }

  follow() {
    const shown = this.model.get("shown");
    const is = Boolean(shown.finding_id);
    this.place.textContent = is && shown.of ? (shown.place ? say("{place} of {all}", { place: count(shown.place), all: count(shown.of) }) : say("not in this view")) : "";
    this.xray.disabled = !shown.document;
    this.customer.disabled = !shown.customer_id;
    this.xray.title = shown.document ?? "";
    this.customer.title = shown.customer_id ?? "";
    if (!is) {
      this.root.removeAttribute("data-finding");
      this.finding.replaceChildren(make("p", { class: "wbp-empty" },
        say("Choose a finding, by mouse or with the arrows and Enter, to see the rows it rests on.")));
    } else {
      this.root.setAttribute("data-finding", shown.finding_id);
      this.finding.replaceChildren(head(shown), amounts(shown),
        make("p", { class: "wbp-reason" }, shown.reason),
        shown.suppressed ? make("p", { class: "wbp-suppressed" }, shown.suppressed) : "",
        ...shown.sources.map(source),
        make("div", { class: "wbp-advice" }, advice(say("Why it matters."), shown.why), advice(say("Next step."), shown.next_step)),
        codeLine(shown.code, say("Copy the code of this evidence")), codeLine(shown.xray_code, say("Copy the code of this x-ray")));
    }
    this.root.scrollTop = 0;
    if (this.model.get("desk").states) this.describe();
  }

  describe() {
    const desk = this.model.get("desk");
    if (desk.states) this.deciding.paint(desk, this.model.get("shown"));
  }

  // An x-ray is a page of its own without a script; the frame around it allows none either.
  open() {
    const page = this.model.get("page");
    this.page.hidden = !page.html;
    if (!page.html) return this.page.replaceChildren();
    // A page of its own follows the machine's light or dark; in this one it follows the notebook's.
    const scheme = document.body.dataset.jpThemeLight === "false" ? "dark" : "light";
    const srcdoc = page.html.replace('name="color-scheme" content="light dark"', `name="color-scheme" content="${scheme}"`);
    const frame = make("iframe", { sandbox: "", srcdoc, title: page.title, "data-scheme": scheme });
    this.page.replaceChildren(make("div", { class: "wbp-bar" }, make("b", {}, page.title),
      button(say("Close ✕"), () => this.shut(), { class: "wb-button", "aria-label": say("Close the x-ray") })), frame);
    this.root.scrollTop = 0;
  }

  shut() {
    this.model.set("page", {});
    this.model.save_changes();
    this.open();
  }

  key(event) {
    if (event.key !== "Escape" || this.page.hidden) return;
    this.shut();
    event.stopPropagation();
  }
}

export default {
  render({ model, el }) {
    const panel = new Panel(model, el);
    return () => panel.close();
  },
};
