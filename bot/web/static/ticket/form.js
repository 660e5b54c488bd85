// The form of a ticket: what it is about, what its type needs, who asks, and what came of it.

import { el } from "../chat/dom.js";

const LONG = new Set(["long", "numbers"]);
const INPUTS = { date: { type: "date" }, email: { type: "email", autocomplete: "off" } };
const CONTACT = { name: "name", company: "organization", email: "email" };
const MOST_SUBJECT = 200;
const MOST_DESCRIPTION = 8_000;

export class TicketForm {
  #fields = new Map(); // what an answer's `field` names → {input, problem}
  #busy = false;

  /** `send(wanted, english)` gives {ok, body}; `again()` shows an empty form. */
  constructor({ t, types, anonymous, send, again }) {
    Object.assign(this, { t, send, again });
    this.types = new Map(types.map((type) => [type.id, type]));
    this.title = el("h1", { tabindex: "-1" }, t("ticket_title"));
    this.type = el("select", { id: "ticket-type" }, el("option", { value: "" }, t("ticket_type_none")), ...this.#options(types));
    this.type.addEventListener("change", () => this.#showNeeds());
    this.needs = el("fieldset", { hidden: true });
    this.alarm = el("div", { class: "alarm", role: "alert" });
    this.button = el("button", { type: "submit", class: "plain strong" }, t("ticket_send"));
    this.form = el(
      "form",
      { class: "ticket", novalidate: true },
      el("p", {}, t("ticket_intro")),
      types.length ? this.#row("type", this.type, t("ticket_type")) : null,
      this.#row("subject", el("input", { maxlength: MOST_SUBJECT, required: true }), t("ticket_subject")),
      this.#row("description", el("textarea", { rows: 6, maxlength: MOST_DESCRIPTION, required: true }), t("ticket_description")),
      this.needs,
      anonymous ? this.#contact() : null,
      this.alarm,
      this.button,
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(false);
    });
    this.node = el("div", {}, this.title, this.form);
  }

  #options(types) {
    const groups = Map.groupBy ? Map.groupBy(types, (type) => type.queue) : new Map([["", types]]);
    return [...groups].map(([queue, some]) =>
      el("optgroup", { label: queue, lang: "en" }, ...some.map((type) => el("option", { value: type.id }, type.title))),
    );
  }

  #row(name, input, label, { hint = null, lang = null } = {}) {
    const id = `ticket-${name.replace(".", "-")}`;
    const problem = el("p", { class: "problem", id: `${id}-problem` });
    const help = hint && el("p", { class: "muted", id: `${id}-hint`, lang }, hint);
    input.id = id;
    input.dir = "auto";
    input.setAttribute("aria-describedby", `${id}-problem${hint ? ` ${id}-hint` : ""}`);
    input.addEventListener("input", () => this.#mark(name, ""));
    this.#fields.set(name, { input, problem });
    return el("div", { class: "row" }, el("label", { for: id, lang }, label), help, input, problem);
  }

  #contact() {
    const rows = Object.entries(CONTACT).map(([name, autocomplete]) => {
      const type = name === "email" ? "email" : "text";
      const input = el("input", { type, autocomplete, required: true, maxlength: name === "email" ? 254 : 120 });
      return this.#row(`contact.${name}`, input, this.t(`ticket_${name}`));
    });
    return el("fieldset", {}, el("legend", {}, this.t("ticket_you")), ...rows);
  }

  /** The fields of the chosen type; what was written in those it shares with the last one stays. */
  #showNeeds() {
    const kept = new Map(this.#needed().map(([name, { input }]) => [name, input.value]));
    for (const [name] of this.#needed()) this.#fields.delete(name);
    const type = this.types.get(this.type.value);
    const rows = (type?.needs ?? []).map((need) => this.#need(need, kept.get(need.name) ?? ""));
    this.needs.hidden = rows.length === 0;
    this.needs.replaceChildren(el("legend", {}, this.t("ticket_more")), el("p", { class: "muted" }, this.t("ticket_optional")), ...rows);
  }

  #need({ name, label, form, question, instead }, value) {
    const input = LONG.has(form) ? el("textarea", { rows: 3 }) : el("input", INPUTS[form] ?? {});
    input.value = value;
    const others = instead.map((other) => other.replaceAll("_", " ")).join(", ");
    const hint = form === "numbers" ? this.t("ticket_numbers_hint") : question;
    const shown = label.charAt(0).toUpperCase() + label.slice(1);
    const more = others ? ` (${this.t("ticket_instead", { others })})` : "";
    return this.#row(name, input, shown + more, { hint, lang: "en" });
  }

  #needed() {
    const own = new Set(["type", "subject", "description"]);
    return [...this.#fields].filter(([name]) => !own.has(name) && !name.startsWith("contact."));
  }

  #value(name) { return this.#fields.get(name)?.input.value.trim() ?? ""; }

  #wanted() {
    const fields = Object.fromEntries(this.#needed().map(([name]) => [name, this.#value(name)]).filter(([, value]) => value));
    const wanted = { subject: this.#value("subject"), description: this.#value("description"), fields };
    if (this.type.value) wanted.type = this.type.value;
    if (this.#fields.has("contact.name")) {
      wanted.contact = Object.fromEntries(Object.keys(CONTACT).map((name) => [name, this.#value(`contact.${name}`)]));
    }
    return wanted;
  }

  async #submit(english) {
    if (this.#busy || !this.#complete()) return;
    this.#busy = true;
    this.button.setAttribute("aria-disabled", "true");
    this.button.textContent = this.t("ticket_sending");
    this.alarm.replaceChildren();
    const { ok, body } = await this.send(this.#wanted(), english);
    this.#busy = false;
    this.button.removeAttribute("aria-disabled");
    this.button.textContent = this.t("ticket_send");
    if (ok) this.#done(body);
    else this.#refused(body);
  }

  #complete() {
    const empty = [...this.#fields].filter(([name, { input }]) => {
      const missing = input.required && !input.value.trim();
      this.#mark(name, missing ? this.t("ticket_required") : "");
      return missing;
    });
    empty[0]?.[1].input.focus();
    return empty.length === 0;
  }

  #mark(name, problem) {
    const field = this.#fields.get(name);
    if (!field) return false;
    field.problem.textContent = problem;
    field.input.setAttribute("aria-invalid", String(problem !== ""));
    return true;
  }

  #refused({ code, detail, field }) {
    if (code === "language_doubt") {
      this.#doubt(this.#fields.has(field) ? field : "description");
    } else if (code === "language_refused") {
      const refused = this.#mark(field, this.t("ticket_language")) ? field : "description";
      if (refused !== field) this.alarm.replaceChildren(el("p", {}, this.t("ticket_language")));
      this.#fields.get(refused).input.focus();
    } else if (field && this.#mark(field, String(detail))) {
      this.#fields.get(field).input.focus();
    } else {
      this.alarm.replaceChildren(el("p", {}, typeof detail === "string" && detail ? detail : this.t("ticket_failed")));
    }
  }

  #doubt(field) {
    const yes = el("button", { type: "button", class: "plain strong", onclick: () => this.#submit(true) }, this.t("ticket_doubt_yes"));
    const no = el("button", { type: "button", class: "plain" }, this.t("ticket_doubt_no"));
    no.addEventListener("click", () => {
      this.alarm.replaceChildren();
      this.#fields.get(field).input.focus();
    });
    this.alarm.replaceChildren(el("p", {}, this.t("ticket_doubt")), el("div", { class: "answers" }, yes, no));
    yes.focus();
  }

  #done({ number, missing }) {
    const labels = new Map([...this.types.values()].flatMap((type) => type.needs.map((need) => [need.name, need.label])));
    const fields = (missing ?? []).map((name) => labels.get(name) ?? name).join(", ");
    this.title.textContent = this.t("ticket_done", { number });
    this.form.replaceWith(
      el(
        "div",
        { class: "ticket" },
        fields ? el("p", {}, this.t("ticket_missing", { fields })) : null,
        el("p", {}, this.t("ticket_next")),
        el("button", { type: "button", class: "plain", onclick: () => this.again() }, this.t("ticket_again")),
      ),
    );
    this.title.focus();
  }
}
