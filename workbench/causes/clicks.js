// Words of buttons and of what is said are set as text, never as HTML.
function render({ model, el }) {
  speak(model, el);
  const buttons = document.createElement("div");
  const said = document.createElement("pre");
  el.classList.add("wbw");
  buttons.setAttribute("role", "group");
  buttons.setAttribute("aria-label", say("Show the findings of a line in the explorer"));
  buttons.style.cssText = "display:flex;flex-wrap:wrap;gap:6px;margin:6px 0";
  said.setAttribute("role", "status");
  said.style.cssText = "white-space:pre-wrap;margin:4px 0;font-size:12px";
  const mark = () => {
    said.textContent = model.get("said");
    [...buttons.children].forEach((button, place) =>
      button.setAttribute("aria-pressed", String(model.get("picked") === place + 1)),
    );
  };
  const draw = () => {
    buttons.replaceChildren(
      ...model.get("labels").map((words, place) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = words;
        button.style.cssText =
          "font:inherit;color:inherit;background:transparent;border:1px solid currentColor;border-radius:4px;" +
          "padding:3px 10px;cursor:pointer;text-align:left;overflow-wrap:anywhere;max-width:100%";
        button.onclick = () => {
          model.set("picked", place + 1);
          model.save_changes();
        };
        return button;
      }),
    );
    mark();
  };
  model.on("change:labels", draw);
  model.on("change:picked", mark);
  model.on("change:said", mark);
  draw();
  el.append(buttons, said);
}
export default { render };
