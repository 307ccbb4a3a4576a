// What a widget says, in the reader's language: its texts came with it, and what has no translation is said in English.

let spoken = { language: "en", texts: {} };

const filled = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const say = (message, values = {}) => filled(spoken.texts[message] ?? message, values);

function counted(number, one, many, values = {}) {
  const forms = spoken.texts[one] ?? [one, many];
  const words = forms[Math.min(number === 1 ? 0 : 1, forms.length - 1)];
  return filled(words, { count: count(number), ...values });
}

const count = (number) => Number(number).toLocaleString(spoken.language);

// Fonts and screen readers follow the language of the element that all the others are in.
function speak(model, host) {
  spoken = model.get("spoken");
  host.lang = spoken.language;
}
