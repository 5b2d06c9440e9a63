/** One recording: live while it is made, the player when it is done, and what is known of it. */

import { button, icon, make } from "../client/build.js";
import { moment, size, spokenDuration } from "../client/format.js";
import { LiveView } from "./live_view.js";
import { roomAddress } from "./place.js";
import { Player } from "./player.js";
import { ENDINGS, isOver, isPlayable, roomTitle, titleOf } from "./words.js";
import { badge } from "./row.js";

export class RecordingPage {
  #console;
  #id;
  #shown = null; // a LiveView or a Player
  #playable = false;
  #place = make("div", { class: "show" });
  #head = make("div", { class: "page-head" });
  #details = make("section", { class: "details", "aria-labelledby": "details" });
  #shape = "";

  constructor(console, id) {
    this.#console = console;
    this.#id = id;
    this.element = make("article", { class: "page" }, this.#head, this.#place, this.#details);
  }

  get title() {
    const recording = this.#console.library.get(this.#id);
    return recording ? titleOf(recording) : "Recording";
  }

  async load() {
    this.#show(await this.#console.library.fetch(this.#id));
  }

  update(recording) {
    if (recording.id === this.#id) {
      this.#show(recording);
    }
  }

  stop() {
    this.#shown?.stop();
  }

  #show(recording) {
    this.#showMedia(recording);
    const shape = JSON.stringify({ ...recording, live: null });
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#showHead(recording);
      this.#details.replaceChildren(make("h2", { id: "details" }, "Details"), details(recording));
    }
  }

  #showMedia(recording) {
    const playable = isPlayable(recording);
    if (this.#shown === null || playable !== this.#playable) {
      this.#shown?.stop();
      this.#playable = playable;
      this.#shown = playable ? new Player(this.#console, recording) : new LiveView(this.#console, { large: true });
      this.#place.replaceChildren(this.#shown.element);
      if (playable) {
        this.#console.attempt(() => this.#shown.start());
      }
    }
    if (!playable) {
      this.#place.hidden = isOver(recording);
      this.#shown.update(recording);
    }
  }

  #showHead(recording) {
    const over = isOver(recording);
    const give = () => this.#console.download(recording);
    const download = isPlayable(recording) ? button("button", give, icon("download"), "Download") : null;
    const state = over ? badge(recording) : null;
    const trouble = over && recording.problem ? make("p", { class: "trouble" }, recording.problem) : null;
    this.#head.replaceChildren(
      make("a", { href: roomAddress(recording.room.id), class: "back" }, icon("back"), roomTitle(recording.room)),
      make("div", { class: "title-line" }, make("h1", {}, titleOf(recording)), state, download),
      trouble ?? "");
  }
}

function details(recording) {
  const until = recording.host_absent_until;
  const known = [
    ["Recorded", recording.recording_since ? moment(recording.recording_since) : null],
    ["Duration", recording.duration_s ? spokenDuration(recording.duration_s) : null],
    ["Size", recording.size_bytes ? size(recording.size_bytes) : null],
    ["Owner", recording.owner],
    ["Started by", recording.started_by],
    ["Folder", recording.folder],
    ["File", recording.file],
    ["Ended", recording.end_reason ? ENDINGS[recording.end_reason] : null],
    ["Interruptions", recording.interruptions || null],
    ["Host is away", until ? `The recording ends at ${moment(until)}` : null],
  ];
  return make("dl", { class: "table" }, ...known.filter(([, value]) => value).map(([name, value]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, String(value)))));
}
