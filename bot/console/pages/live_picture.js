/** The mix as it is now, in an <img>: asked for every two seconds, as long as anybody can see it. */

import { recordingPath } from "../client/service.js";

const EVERY_MS = 2_000;
const SLOW_MS = 8_000; // after a failure: the first picture is not there yet, or the bot is on its way back

export class LivePicture {
  #service;
  #image;
  #width;
  #path = null;
  #timer = null;
  #visible = true;
  #observer;
  #showing = null;
  #wake = () => document.hidden || this.#again(0);

  /** `image` is hidden until there is a picture. */
  constructor(service, image, width) {
    [this.#service, this.#image, this.#width] = [service, image, width];
    this.#observer = new IntersectionObserver(([entry]) => { this.#visible = entry.isIntersecting; });
    this.#observer.observe(image.parentElement ?? image);
    document.addEventListener("visibilitychange", this.#wake);
  }

  /** `recording`: its id, or null for none. */
  follow(recording) {
    const path = recording === null ? null : recordingPath(recording, `picture?width=${this.#width}`);
    if (path === this.#path) {
      return;
    }
    this.#path = path;
    if (path === null) {
      this.#show(null);
      clearTimeout(this.#timer);
    } else {
      this.#again(0);
    }
  }

  stop() {
    this.follow(null);
    this.#observer.disconnect();
    document.removeEventListener("visibilitychange", this.#wake);
  }

  #again(ms) {
    clearTimeout(this.#timer);
    if (this.#path !== null) {
      this.#timer = setTimeout(() => this.#ask(this.#path), ms);
    }
  }

  async #ask(path) {
    if (document.hidden || !this.#visible) {
      this.#again(EVERY_MS);
      return;
    }
    try {
      const picture = await this.#service.blob(path);
      if (path === this.#path) {
        this.#show(URL.createObjectURL(picture));
        this.#again(EVERY_MS);
      }
    } catch (failure) {
      // None yet, or no more: the state of the recording says what there is to say. A refusal stays one.
      if (path === this.#path && failure.status !== 403) {
        this.#again(failure.status === 404 ? EVERY_MS : SLOW_MS);
      }
    }
  }

  #show(address) {
    const before = this.#showing;
    this.#showing = address;
    this.#image.hidden = address === null;
    if (address !== null) {
      this.#image.src = address;
    } else {
      this.#image.removeAttribute("src");
    }
    if (before !== null) {
      // The picture before it is let go when the new one is drawn.
      setTimeout(() => URL.revokeObjectURL(before), EVERY_MS);
    }
  }
}
