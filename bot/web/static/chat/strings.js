// The widget's own words: one JSON file a language, English where a word is missing.

export const LANGUAGES = ["en", "it", "de", "fr", "es"];
const ATTEMPTS = 4;

/** The language to use for a wish such as "de-CH"; English when there is none. */
export function pickLanguage(...wishes) {
  for (const wish of wishes) {
    const language = (wish ?? "").toLowerCase().split(/[-_]/)[0];
    if (LANGUAGES.includes(language)) return language;
  }
  return "en";
}

async function read(url) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const reply = await fetch(url, { credentials: "omit" });
      if (!reply.ok) throw new Error(`${url.pathname}: ${reply.status}`);
      return await reply.json();
    } catch (problem) {
      if (attempt === ATTEMPTS) throw problem;
      await new Promise((resolve) => setTimeout(resolve, 1000 * attempt));
    }
  }
}

/** Load a language; the answer is `t(key, values)`, which fills `{name}` places. */
export async function loadStrings(folder, language) {
  const wanted = [...new Set(["en", language])];
  const tables = await Promise.all(wanted.map((name) => read(new URL(`${name}.json`, folder))));
  const words = Object.assign({}, ...tables);
  const t = (key, values = {}) =>
    String(words[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  t.list = (key) => (Array.isArray(words[key]) ? words[key] : []);
  t.language = language;
  return t;
}
