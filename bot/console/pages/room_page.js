/** One room: what is recorded there now, its recordings, and its breakout rooms together. */

import { button, icon, make } from "../client/build.js";
import { WORDING } from "../recorder/wording.js";
import { Lists } from "./lists.js";
import { mediaAddress, roomAddress } from "./place.js";
import { KINDS, isOver, roomTitle } from "./words.js";

const SETTLE_MS = 300; // several events at once are one look

export class RoomPage {
  title = "Room";
  #console;
  #id;
  #head = make("div", { class: "page-head" });
  #lists;
  #breakouts = make("section", { class: "breakouts", hidden: true });
  #parts = new Map(); // by breakout room: {element, lists, title}
  #answer = null;
  #timer = null;

  constructor(console, id) {
    this.#console = console;
    this.#id = id;
    this.#lists = new Lists(console, { empty: "Nothing has been recorded in this room yet." });
    this.element = make("div", { class: "page" }, this.#head, this.#lists.element, this.#breakouts);
  }

  async load() {
    this.#answer = await this.#console.service.get(`/v1/rooms/${encodeURIComponent(this.#id)}`);
    this.#show();
  }

  /** Figures of a recording that is shown are put in their place; anything else is asked for again. */
  update(recording) {
    const rooms = this.#answer === null ? [] : [this.#answer, ...(this.#answer.breakouts ?? [])];
    const entry = rooms.find(({ recording: running }) => running?.id === recording.id);
    if (entry && entry.recording.state === recording.state) {
      entry.recording = recording;
      this.#show();
    } else if (recording.room.id === this.#id || recording.room.parent === this.#id) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#console.attempt(() => this.load()), SETTLE_MS);
    }
  }

  stop() {
    clearTimeout(this.#timer);
    this.#lists.stop();
    this.#parts.forEach(({ lists }) => lists.stop());
  }

  #show() {
    const { room, recording, recordings, breakouts } = this.#answer;
    // A room that the service was told of by its address alone has the title that the bot found there.
    const title = room.title || (recording ?? recordings[0])?.room.title;
    this.title = roomTitle({ ...room, title });
    this.#showHead({ ...room, title });
    this.#lists.update(...sorted(this.#answer));
    this.#showBreakouts(breakouts ?? []);
  }

  #showHead(room) {
    const shape = JSON.stringify(room);
    if (this.#head.dataset.shape === shape) {
      return;
    }
    this.#head.dataset.shape = shape;
    const [address, text] = room.parent ? [roomAddress(room.parent), "Main room"] : ["#/", "Recordings"];
    const home = this.#console.me.room === this.#id;
    const back = home ? "" : make("a", { href: address, class: "back" }, icon("back"), text);
    const kind = make("p", { class: "kind" }, KINDS[room.kind] ?? "");
    const files = make("a", { href: mediaAddress(room.id), class: "button quiet" }, "Media and Files");
    const line = make("div", { class: "title-line" }, make("h1", {}, roomTitle(room)), kind, files);
    this.#head.replaceChildren(back, line);
  }

  #showBreakouts(breakouts) {
    this.#breakouts.hidden = breakouts.length === 0;
    if (this.#breakouts.childElementCount === 0) {
      this.#breakouts.append(this.#breakoutsHead());
    }
    for (const breakout of breakouts) {
      const part = this.#parts.get(breakout.room.id) ?? this.#addPart(breakout.room);
      part.lists.update(...sorted(breakout));
    }
  }

  #breakoutsHead() {
    const buttons = this.#console.may.breakouts ? [
      button("button quiet", () => this.#all("start"), icon("record"), "Record all"),
      button("button quiet", (event) => this.#askStop(event.currentTarget), icon("stop"), "Stop all"),
    ] : [];
    const controls = make("div", { class: "controls" }, ...buttons);
    return make("div", { class: "title-line" }, make("h2", {}, "Breakout rooms"), controls);
  }

  #addPart(room) {
    const lists = new Lists(this.#console, { empty: "Not recorded yet.", level: "h4" });
    const link = make("a", { href: roomAddress(room.id), class: "row-title" }, roomTitle(room));
    const element = make("section", { class: "breakout" }, make("h3", {}, link), lists.element);
    this.#parts.set(room.id, { element, lists });
    this.#breakouts.append(element);
    return this.#parts.get(room.id);
  }

  #askStop(back) {
    this.#console.dialogs.ask({
      name: "stop-all", text: "Do you want to stop recording all breakout rooms?", dismissed: false, back,
      answers: [
        { label: WORDING.cancel, value: false, kind: "plain" },
        { label: WORDING.stop, value: true, kind: "danger" },
      ],
      then: (yes) => yes && this.#all("stop"),
    });
  }

  #all(deed) {
    this.#console.attempt(async () => {
      const path = `/v1/rooms/${encodeURIComponent(this.#id)}/breakouts/${deed}`;
      const { results } = await this.#console.service.post(path);
      const problems = results.filter(({ problem }) => problem);
      if (problems.length > 0) {
        this.#console.fail(problems.map(({ room, problem }) => `${roomTitle(room)}: ${problem}`).join(" "));
      }
      await this.load();
    });
  }
}

/** [those that run, those that are over], the newest first; the room's own running one may be in both lists. */
function sorted({ recording, recordings }) {
  const others = recordings.filter(({ id, asked_at: asked }) => asked !== undefined && id !== recording?.id);
  const all = [...(recording?.asked_at ? [recording] : []), ...others];
  return [all.filter((one) => !isOver(one)), all.filter(isOver)];
}
