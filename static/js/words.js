// Words, numbers and dates in the language of the page. The catalog of translations stands in the page itself.

const root = globalThis.document?.documentElement;
const catalog = JSON.parse(globalThis.document?.getElementById("catalog")?.textContent || "{}");
const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];

export const language = root?.lang || "en";
export const number = new Intl.NumberFormat(language, { useGrouping: "always" });
const plural = new Intl.PluralRules(language);
const found = plural.resolvedOptions().pluralCategories;
const categories = CATEGORIES.filter((each) => found.includes(each));

// A message in the page's language, with `{name}` replaced by the value of that name.
export function gettext(message, values = {}) {
  const text = catalog[message] ?? message;
  return filled(Array.isArray(text) ? text[0] : text, values);
}

// The form of a message that goes with a number. `{count}` is that number, as the language writes it.
export function ngettext(one, many, count, values = {}) {
  const forms = catalog[one];
  const text = forms ? forms[Math.min(categories.indexOf(plural.select(count)), forms.length - 1)] : count === 1 ? one : many;
  return filled(text, { count: number.format(count), ...values });
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

// "Ada, Bob and Cleo", as the language lists things.
export const listed = (names) => new Intl.ListFormat(language, { style: "short", type: "conjunction" }).format(names);
