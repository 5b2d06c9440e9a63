/** Links for people without a token: what, for how long, and the end of them all. */

import { button, make } from "../client/build.js";
import { moment } from "../client/format.js";
import { recordingPath } from "../client/service.js";

const THINGS = { file: "The recording", contact_sheet: "Contact sheet", report: "Quality report" };
const LIFETIMES = [[600, "10 minutes"], [3_600, "1 hour"], [86_400, "1 day"], [604_800, "7 days"]];
const SHORT_S = 600; // everybody may give a link for so long

export class ShareDialog {
  #console;
  #recording;
  #what;
  #lifetime;
  #address = make("input", { id: "share-address", readonly: true, onfocus: (event) => event.target.select() });
  #result;
  #said = make("p", { class: "hint", role: "status" });
  #problem = make("p", { class: "problem", role: "alert" });

  /** `offers`: names of `THINGS` that there are; `mayShare`: for longer than the usual ten minutes. */
  constructor(console, recording, offers, mayShare) {
    [this.#console, this.#recording] = [console, recording];
    this.#what = choice("share-what", Object.entries(THINGS).filter(([name]) => offers.includes(name)));
    this.#lifetime = choice("share-lifetime", LIFETIMES.filter(([seconds]) => mayShare || seconds <= SHORT_S));
    const copy = button("button", () => this.#copy(), "Copy");
    this.#result = make("div", { class: "share-result", hidden: true },
      field("Link", "share-address", make("span", { class: "share-line" }, this.#address, copy)));
    const end = mayShare ? button("button quiet stop apart", () => this.#end(), "End all links") : null;
    this.element = make("dialog", { class: "form", "aria-labelledby": "share-heading", onclose: () => this.#forget() },
      make("form", { onsubmit: (event) => this.#make(event) },
        make("h2", { id: "share-heading" }, "Share"),
        make("p", { class: "hint" }, "Whoever has the link can open it until it ends, without signing in."),
        field("What", "share-what", this.#what),
        field("For how long", "share-lifetime", this.#lifetime),
        this.#result, this.#said, this.#problem,
        make("div", { class: "answers" }, end, button("button quiet", () => this.element.close(), "Close"),
          make("button", { type: "submit", class: "button primary" }, "Make link"))));
  }

  open() {
    this.element.showModal();
    this.#what.focus();
  }

  #make(event) {
    event.preventDefault();
    return this.#try(async () => {
      const { url, expires_at: ends } = await this.#console.service.post(recordingPath(this.#recording.id, "links"), {
        what: this.#what.value, expires_in_s: Number(this.#lifetime.value),
      });
      this.#address.value = this.#console.service.address(url);
      this.#result.hidden = false;
      this.#said.textContent = `The link ends ${moment(ends)}.`;
      this.#address.focus();
    });
  }

  async #copy() {
    this.#address.select();
    try {
      await navigator.clipboard.writeText(this.#address.value);
      this.#said.textContent = "The link is copied.";
    } catch {
      // Without TLS a browser gives no clipboard to a page; the text is selected for the keys.
      this.#said.textContent = "The link is selected; copy it with the keyboard.";
    }
  }

  #end() {
    return this.#try(async () => {
      await this.#console.service.post(recordingPath(this.#recording.id, "links/revoke"));
      this.#forget();
      this.#said.textContent = "No link that was made before opens anything now.";
    });
  }

  async #try(deed) {
    this.#problem.textContent = "";
    this.#said.textContent = "";
    try {
      await deed();
    } catch (failure) {
      this.#problem.textContent = failure.message;
    }
  }

  #forget() {
    this.#address.value = "";
    this.#result.hidden = true;
    this.#said.textContent = "";
    this.#problem.textContent = "";
  }
}

function choice(id, options) {
  return make("select", { id }, ...options.map(([value, text]) => new Option(text, value)));
}

function field(label, id, content) {
  return make("p", { class: "field" }, make("label", { for: id }, label), content);
}
