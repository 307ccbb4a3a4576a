// The form that decides on what is open or marked. It stays as it was filled in until it was sent.

class Deciding {
  constructor(model) {
    this.model = model;
    const field = (name, words, node) => {
      node.setAttribute("name", name);
      return make("label", { class: "wbp-field" }, make("span", {}, words), node);
    };
    this.state = make("select", { onchange: () => this.fit() });
    this.remedy = make("select", { onchange: () => this.fit() });
    this.cause = make("select");
    this.owners = make("datalist", { id: `owners-${Math.random().toString(36).slice(2)}` });
    this.owner = make("input", { type: "text", list: this.owners.id, autocomplete: "off" });
    this.by = make("input", { type: "text", required: "", autocomplete: "off", onchange: () => model.send({ kind: "person", by: this.by.value }) });
    this.amount = make("input", { type: "text", inputmode: "decimal", placeholder: say("whole impact"), title: say("empty: the whole impact; 0: no money") });
    this.due = make("input", { type: "date" });
    this.remark = make("textarea", { rows: 2 });
    this.who = make("div", { class: "wbp-soft" });
    this.whom = make("select", { onchange: () => this.preview() });
    this.shownMoney = make("div", { class: "wbp-soft", role: "status" });
    this.standing = make("div", { class: "wbp-standing" });
    this.confirmed = make("div", { class: "wbp-fields" }, field("remedy", say("Remedy"), this.remedy), field("amount", say("Amount"), this.amount),
      field("owner", say("Owner"), this.owner), field("due_on", say("Due"), this.due));
    this.submit = make("button", { type: "submit", class: "wb-button wbp-primary" }, say("Decide"));
    this.undo = button(say("Undo the last"), () => model.send({ kind: "undo" }), { class: "wb-button" });
    this.said = make("div", { class: "wbp-said", role: "status", "aria-live": "polite" });
    this.form = make("form", { onsubmit: (event) => this.send(event) }, this.standing,
      make("div", { class: "wbp-fields" }, field("whom", say("Decide on"), this.whom), field("state", say("State"), this.state),
        field("root_cause", say("Root cause"), this.cause)),
      this.confirmed, field("remark", say("Remark"), this.remark),
      make("div", { class: "wbp-fields" }, field("by", say("Decided by"), this.by)), this.who, this.shownMoney, this.owners,
      make("div", { class: "wbp-buttons" }, this.submit, this.undo));
    this.node = make("details", { class: "wbp-decide" }, make("summary", {}, say("Decide")), this.form, this.said);
    this.offered = "";
  }

  offer(desk) {
    const offered = JSON.stringify([desk.states, desk.remedies, desk.root_causes, desk.owners]);
    if (offered === this.offered) return;
    this.offered = offered;
    const option = ([value, words]) => make("option", { value }, words);
    this.state.replaceChildren(...desk.states.map(option));
    this.state.value = "confirmed";
    this.remedy.replaceChildren(make("option", { value: "" }, say("choose one")), ...desk.remedies.map(option));
    this.cause.replaceChildren(make("option", { value: "" }, say("none said")), ...desk.root_causes.map(option));
    this.owners.replaceChildren(...desk.owners.map(([value, words]) => make("option", { value }, words ?? "")));
    this.by.value = desk.by;
    this.fit();
  }

  paint(desk, shown) {
    this.desk = desk;
    this.offer(desk);
    this.standing.textContent = desk.problem || (desk.standing ? say("Now: {standing}", { standing: desk.standing }) : say("Nobody has decided on this finding yet."));
    this.who.textContent = desk.who;
    this.undo.disabled = !desk.can_undo;
    const before = this.whom.value;
    const choices = [];
    if (shown.finding_id) choices.push(["open", say("the open finding")]);
    if (desk.marks.count) choices.push(["marked", say("the {count} marked", { count: count(desk.marks.count) })]);
    this.whom.replaceChildren(...choices.map(([value, words]) => make("option", { value }, words)));
    if (choices.some(([value]) => value === before)) this.whom.value = before;
    this.submit.disabled = !choices.length;
    this.preview();
  }

  preview() {
    const marked = this.whom.value === "marked";
    const words = this.desk.marks.money.map((line) => `${moneyWords(line)} ${line.currency}`);
    this.shownMoney.textContent = marked
      ? counted(this.desk.marks.count, "{count} finding: {money}", "{count} findings: {money}", { money: words.join(say("; ")) }) : "";
    this.submit.textContent = marked ? say("Decide on {count}", { count: count(this.desk.marks.count) }) : say("Decide");
  }

  fit() {
    this.confirmed.hidden = this.state.value !== "confirmed";
  }

  send(event) {
    event.preventDefault();
    const confirmed = this.state.value === "confirmed";
    this.tell({ words: "..." });
    this.model.send({
      kind: "decide", whom: this.whom.value,
      form: {
        state: this.state.value, by: this.by.value, root_cause: this.cause.value, remark: this.remark.value,
        remedy: confirmed ? this.remedy.value : "", amount: confirmed ? this.amount.value : "",
        owner: this.owner.value, due_on: confirmed ? this.due.value : "",
      },
    });
  }

  tell(said) {
    this.node.open = true;
    const lines = [...(said.conflicts ?? []), ...(said.refused ?? [])];
    if (said.untold) lines.push(say("and {count} more", { count: count(said.untold) }));
    this.said.className = `wbp-said${said.failed || lines.length ? " wbp-failed" : ""}`;
    this.said.replaceChildren(make("div", {}, said.words), ...lines.map((line) => make("div", {}, line)));
  }
}
