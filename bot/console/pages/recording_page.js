/** One recording: live while it is made, the player when it is done, and what is known of it. */

import { button, icon, make } from "../client/build.js";
import { moment, size, spokenDuration } from "../client/format.js";
import { recordingPath } from "../client/service.js";
import { deliveries } from "./deliveries.js";
import { Extras } from "./extras.js";
import { LiveView } from "./live_view.js";
import { OWN_ADDRESS, roomAddress } from "./place.js";
import { Player } from "./player.js";
import { ENDINGS, HELD, isOver, isPlayable, roomTitle, titleOf } from "./words.js";
import { badge } from "./row.js";

export class RecordingPage {
  #console;
  #id;
  #shown = null; // a LiveView or a Player
  #playable = false;
  #extras = null;
  #place = make("div", { class: "show" });
  #head = make("div", { class: "page-head" });
  #details = make("section", { class: "details", "aria-labelledby": "details" });
  #deliveries = make("div", {});
  #shape = "";

  constructor(console, id) {
    this.#console = console;
    this.#id = id;
    this.element = make("article", { class: "page" }, this.#head, this.#place, this.#details,
      this.#deliveries);
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
      this.#deliveries.replaceChildren(deliveries(recording) ?? "");
      this.#deliveries.hidden = this.#deliveries.childElementCount === 0;
      this.#loadExtras();
    }
  }

  #showMedia(recording) {
    const playable = isPlayable(recording);
    if (this.#shown === null || playable !== this.#playable) {
      this.#shown?.stop();
      this.#playable = playable;
      this.#extras = playable ? new Extras(this.#console, recording) : null;
      this.#shown = playable ? new Player(this.#console, recording) : new LiveView(this.#console, { large: true });
      this.#place.replaceChildren(this.#shown.element);
      if (playable) {
        this.#console.attempt(() => this.#shown.start());
      }
    }
    this.#place.hidden = !playable && isOver(recording);
    if (!playable) {
      this.#shown.update(recording);
    }
  }

  /** Pictures and the report are made after the file: they are looked for again when something has changed. */
  #loadExtras() {
    const [extras, player] = [this.#extras, this.#shown];
    if (extras !== null) {
      this.#console.attempt(async () => {
        if (await extras.load() && extras === this.#extras) {
          await player.showSeekBar();
        }
      });
    }
  }

  /** Out of the trash, in which nobody sees it but the service. */
  #restore() {
    return this.#console.attempt(async () => {
      this.#console.tell(await this.#console.service.post(recordingPath(this.#id, "restore")));
    });
  }

  /** To its room; from one's own recording of a room that one is not in, to My Media. */
  #back({ room }) {
    const mine = this.#console.me.room;
    const isNear = mine === null || [room.id, room.parent].includes(mine);
    const [href, text] = isNear ? [roomAddress(room.id), roomTitle(room)] : [OWN_ADDRESS, "My Media"];
    return make("a", { href, class: "back" }, icon("back"), text);
  }

  #showHead(recording) {
    const over = isOver(recording);
    const give = () => this.#console.download(recording);
    const download = isPlayable(recording) ? button("button", give, icon("download"), "Download") : null;
    const state = over ? badge(recording) : null;
    const held = recording.held ? make("p", { class: "caution" }, HELD) : null;
    const trouble = over && recording.problem ? make("p", { class: "trouble" }, recording.problem) : held;
    const restore = recording.trashed_at ? button("button", () => this.#restore(), "Restore") : null;
    const deed = download ? [download, this.#extras.element] : [restore].filter(Boolean);
    const deeds = deed.length > 0 ? make("div", { class: "controls" }, ...deed) : null;
    this.#head.replaceChildren(this.#back(recording),
      make("div", { class: "title-line" }, make("h1", {}, titleOf(recording)), state), trouble ?? "", deeds ?? "");
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
