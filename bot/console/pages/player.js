/** A finished recording, played by the browser itself from a link that lasts some minutes and is renewed. */

import { button, make } from "../client/build.js";
import { clock } from "../client/format.js";
import { SeekBar } from "./seek_bar.js";

const RENEWALS = 3; // in a row without a picture between them; then it is the file and not the link

export class Player {
  #console;
  #recording;
  #video;
  #chapters;
  #seekBar;
  #renewals = 0;

  constructor(console, recording) {
    this.#console = console;
    this.#recording = recording;
    this.#video = make("video", {
      controls: true, preload: "metadata", playsinline: true, "aria-label": "Recording",
      onerror: () => this.#failed(), onplaying: () => { this.#renewals = 0; },
    });
    const chapters = recording.chapters.map((chapter) => this.#chapter(chapter));
    this.#chapters = make("ol", { class: "chapters", "aria-label": "Chapters" }, ...chapters);
    this.#seekBar = new SeekBar(console.service, recording, this.#video);
    this.element = make("div", { class: "player" }, this.#video, this.#seekBar.element,
      recording.chapters.length > 0 ? this.#chapters : null);
  }

  async start() {
    const { url } = await this.#console.link(this.#recording, "file");
    this.#video.src = url;
    if (this.#recording.poster) {
      this.#video.poster = (await this.#console.link(this.#recording, "poster")).url;
    }
  }

  /** Pictures for the bar have been made: they come after the file. */
  showSeekBar() {
    return this.#seekBar.start();
  }

  stop() {
    this.#seekBar.stop();
    this.#video.pause();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #chapter({ start_s: start, text }) {
    const seek = () => {
      this.#video.currentTime = start;
      this.#video.play();
    };
    return make("li", {}, button("chapter", seek, make("span", { class: "when" }, clock(start)), text));
  }

  /** The link's time may be up in the middle: another one goes on at the same place. */
  async #failed() {
    if (!this.#video.getAttribute("src")) {
      return;
    }
    this.#renewals += 1;
    if (this.#renewals > RENEWALS) {
      this.#console.fail("This browser cannot play the recording. Download it and play it with another program.");
      return;
    }
    const place = this.#video.currentTime;
    await this.#console.attempt(async () => {
      const { url } = await this.#console.link(this.#recording, "file");
      this.#video.addEventListener("loadedmetadata", () => { this.#video.currentTime = place; }, { once: true });
      this.#video.src = url;
    });
  }
}
