/** A bar under the player with a picture of the place one is about to go to: by mouse, finger or arrow keys. */

import { make } from "../client/build.js";
import { clock, spokenDuration } from "../client/format.js";
import { cueAt, seekCues } from "../client/seek_cues.js";
import { recordingPath } from "../client/service.js";

const MOST = 16; // sheets kept; the one that was asked for first goes
const STEP_S = 1;

export class SeekBar {
  #service;
  #id;
  #video;
  #cues = [];
  #sheets = new Map(); // by name: a promise of the sheet's address
  #picture = make("span", { class: "seek-picture" });
  #time = make("span", { class: "seek-time" });
  #preview;
  #range;
  #track;
  #place = 0;
  #held = false; // somebody is choosing: the picture plays on, and the bar stays where the hand is

  constructor(service, recording, video) {
    [this.#service, this.#id, this.#video] = [service, recording.id, video];
    this.#preview = make("span", { class: "seek-preview", hidden: true, "aria-hidden": "true" },
      this.#picture, this.#time);
    this.#range = make("input", {
      id: "seek-place", type: "range", min: "0", max: "0", step: String(STEP_S), value: "0",
      oninput: () => this.#choose(Number(this.#range.value)),
      onchange: () => this.#go(),
      onpointermove: (event) => event.pointerType === "mouse" && this.#hover(event),
      onpointerleave: () => this.#hide(),
      onblur: () => this.#hide(),
    });
    this.#track = make("div", { class: "seek-track" }, this.#preview, this.#range);
    this.element = make("div", { class: "seek", hidden: true },
      make("label", { for: "seek-place" }, "Find a place"), this.#track);
    video.addEventListener("loadedmetadata", () => this.#measure());
    video.addEventListener("timeupdate", () => this.#held || this.#stand(video.currentTime));
  }

  /** Shown when there are pictures. Raises Failure. */
  async start() {
    this.#cues = seekCues(await (await this.#service.blob(this.#path("seek.vtt"))).text());
    this.element.hidden = this.#cues.length === 0;
    this.#measure();
  }

  stop() {
    this.#sheets.forEach((address) => address.then((old) => URL.revokeObjectURL(old), () => {}));
    this.#sheets.clear();
  }

  #measure() {
    const duration = this.#video.duration;
    this.#range.max = String(Number.isFinite(duration) ? Math.floor(duration) : 0);
    this.#stand(this.#video.currentTime);
  }

  #stand(second) {
    this.#range.value = String(second);
    this.#range.setAttribute("aria-valuetext", spokenDuration(second));
  }

  #choose(second) {
    this.#held = true;
    this.#range.setAttribute("aria-valuetext", spokenDuration(second));
    this.#show(second);
  }

  #go() {
    this.#video.currentTime = Number(this.#range.value);
    this.#held = false;
    this.#hide();
  }

  #hover(event) {
    const box = this.#range.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.#show(share * Number(this.#range.max));
  }

  #hide() {
    this.#preview.hidden = true;
  }

  async #show(second) {
    const cue = cueAt(this.#cues, second);
    if (cue === null) {
      this.#hide();
      return;
    }
    this.#place = second;
    this.#time.textContent = clock(second);
    try {
      const address = await this.#sheet(cue.name);
      if (this.#place === second) {
        this.#draw(cue, address, second / Math.max(1, Number(this.#range.max)));
      }
    } catch {
      this.#hide(); // without pictures the bar still leads to its places
    }
  }

  #draw({ x, y, width, height }, address, share) {
    const { style } = this.#picture;
    [style.width, style.height] = [`${width}px`, `${height}px`];
    style.backgroundImage = `url("${address}")`;
    style.backgroundPosition = `-${x}px -${y}px`;
    this.#preview.hidden = false;
    // Beside the hand, and never beyond the player's edges.
    const room = this.#track.clientWidth - this.#preview.offsetWidth;
    const left = share * this.#track.clientWidth - this.#preview.offsetWidth / 2;
    this.#preview.style.left = `${Math.max(0, Math.min(room, left))}px`;
  }

  #sheet(name) {
    if (!this.#sheets.has(name)) {
      const asked = this.#service.blob(this.#path(name)).then((picture) => URL.createObjectURL(picture));
      this.#sheets.set(name, asked);
      if (this.#sheets.size > MOST) {
        const [[oldest, address]] = this.#sheets;
        this.#sheets.delete(oldest);
        address.then((old) => URL.revokeObjectURL(old), () => {});
      }
    }
    return this.#sheets.get(name);
  }

  #path(name) {
    return recordingPath(this.#id, `companions/${name}`);
  }
}
