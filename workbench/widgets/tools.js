// What stands above the grid: which columns, which saved views, and how far long work is.

function columnsMenu(explorer) {
  const set = (columns) => explorer.ask({ columns });
  const menu = new Menu(say("Columns"), () => {
    const shown = explorer.view.columns;
    const rest = Object.keys(explorer.columns).filter((name) => !shown.includes(name));
    return [...shown, ...rest].map((name) => {
      const place = shown.indexOf(name);
      const label = explorer.columns[name];
      const box = make("input", {
        type: "checkbox", "data-wb-key": `show ${name}`,
        onchange: () => set(box.checked ? [...shown, name] : shown.filter((other) => other !== name)),
      });
      box.checked = place >= 0;
      box.disabled = place >= 0 && shown.length === 1;
      const swap = (step) => () => {
        const order = [...shown];
        [order[place], order[place + step]] = [order[place + step], order[place]];
        set(order);
      };
      const mover = (sign, side, words, step) => button(sign, swap(step), {
        class: "wb-button", "aria-label": words, "data-wb-key": `${side} ${name}`,
        disabled: shown[place + step] === undefined ? "" : null,
      });
      return make("div", { class: "wbx-column" }, make("label", {}, box, label),
        place >= 0 ? [mover("↑", "left", say("Move {column} left", { column: label }), -1),
          mover("↓", "right", say("Move {column} right", { column: label }), 1)] : "");
    });
  });
  return menu;
}

function viewsMenu(explorer) {
  return new Menu(say("Views"), () => {
    const field = make("input", { type: "text", maxlength: 80, placeholder: say("Name of this view"), "aria-label": say("Name of this view"), "data-wb-key": "name" });
    const save = (event) => {
      event.preventDefault();
      explorer.send({ kind: "save", name: field.value });
    };
    // JupyterLab keeps Enter from sending a form.
    field.addEventListener("keydown", (event) => { if (event.key === "Enter") save(event); });
    const names = explorer.views.map((name) => make("div", { class: "wbx-column" },
      button(name, () => { explorer.send({ kind: "load", name }); explorer.viewsMenu.close(); }, { class: "wb-button wbx-saved" }),
      button(say("Forget"), () => explorer.send({ kind: "forget", name }), { class: "wb-button", "aria-label": say("Forget the view {name}", { name }) })));
    return [
      make("form", { class: "wbx-column", onsubmit: save }, field, make("button", { type: "submit", class: "wb-button" }, say("Save"))),
      ...(names.length ? names : [make("div", { class: "wbx-soft" }, say("No view is saved yet."))]),
      make("div", { class: "wbx-column" }, make("span", { class: "wbx-soft" }, say("This view as JSON")),
        copyButton(() => JSON.stringify(explorer.plainView()), say("Copy this view as JSON"))),
    ];
  });
}

class JobBar {
  constructor(explorer) {
    this.bar = make("progress", { max: 1, "aria-label": say("Progress") });
    this.words = make("span", {});
    this.stop = button(say("Cancel"), () => explorer.send({ kind: "cancel" }), { class: "wb-button" });
    this.node = make("div", { class: "wbx-job", role: "status" }, this.bar, this.words, this.stop);
    this.node.hidden = true;
  }

  paint(job) {
    const isRunning = job.state === "running";
    this.node.hidden = !job.state || job.state === "done";
    this.bar.hidden = this.stop.hidden = !isRunning;
    if (job.all) this.bar.value = job.done / job.all; else this.bar.removeAttribute("value");
    this.words.textContent = isRunning
      ? job.words
      : job.problem ?? "";
  }
}
