/** Questions that want an answer before anything else: one at a time, in order; the focus goes back where it was. */

import { make } from "../client/build.js";

const MOST_WAITING = 4; // questions differ by `name`; the same one is asked once

export class Dialogs {
  #root;
  #waiting = [];
  #shown = null;

  /** `root`: the shadow root's element that holds the dialogs. */
  constructor(root) {
    this.#root = root;
  }

  /**
   * `name`: of the question, asked once at a time. `answers`: [{label, value, kind}], kind "plain", "primary" or
   * "danger"; `dismissed`: the value when it is closed by Escape. `then(value)`. `back`: element that takes the focus
   * afterwards.
   */
  ask(question) {
    const known = [this.#shown?.question, ...this.#waiting].some((other) => other?.name === question.name);
    if (known || this.#waiting.length >= MOST_WAITING) {
      return;
    }
    this.#waiting.push(question);
    this.#next();
  }

  /** Takes a question back: it no longer matters. */
  withdraw(name) {
    this.#waiting = this.#waiting.filter((question) => question.name !== name);
    if (this.#shown?.question.name === name) {
      this.#close(null);
    }
  }

  #next() {
    if (this.#shown || this.#waiting.length === 0) {
      return;
    }
    const question = this.#waiting.shift();
    const back = question.back ?? focused();
    const dialog = this.#build(question);
    this.#shown = { question, dialog, back };
    this.#root.append(dialog);
    dialog.showModal();
    dialog.querySelector("[autofocus]").focus();
  }

  #build(question) {
    // The last answer is what was asked for, but nothing that cannot be taken back is done by pressing Enter too soon.
    const careful = question.answers.findLastIndex(({ kind }) => kind !== "danger");
    const buttons = question.answers.map(({ label, value, kind }, index) =>
      make("button", {
        type: "button",
        class: `answer ${kind}`,
        autofocus: index === careful,
        onclick: () => this.#close({ value }),
      }, label));
    return make("dialog", {
      class: "question",
      part: "dialog",
      "aria-labelledby": "question",
      oncancel: (event) => { event.preventDefault(); this.#close({ value: question.dismissed }); },
    }, make("h2", { id: "question" }, question.text), make("div", { class: "answers" }, ...buttons));
  }

  #close(answer) {
    const { question, dialog, back } = this.#shown;
    this.#shown = null;
    dialog.close();
    dialog.remove();
    if (back?.isConnected) {
      back.focus();
    }
    if (answer !== null) {
      question.then(answer.value);
    }
    this.#next();
  }
}

/** The element that has the focus, inside shadow roots too. */
function focused() {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) {
    element = element.shadowRoot.activeElement;
  }
  return element;
}
