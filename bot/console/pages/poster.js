/** Small pictures of finished recordings, asked for with the token when they come into sight; each once. */

import { make } from "../client/build.js";
import { recordingPath } from "../client/service.js";

const MOST = 200; // pictures kept; the one that was asked for first goes

export class Posters {
  #service;
  #addresses = new Map(); // by recording: a promise of the picture's address
  #observer = new IntersectionObserver((entries) =>
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => this.#show(entry.target)));

  constructor(service) {
    this.#service = service;
  }

  /** An element with the picture, or a plain surface where there is none. */
  place(recording) {
    const image = make("img", { alt: "", class: "poster", hidden: true });
    const place = make("span", { class: "poster-place", "data-recording": recording.id }, image);
    if (recording.poster) {
      this.#observer.observe(place);
    }
    return place;
  }

  async #show(place) {
    this.#observer.unobserve(place);
    const image = place.querySelector("img");
    try {
      image.src = await this.#address(place.dataset.recording);
      image.hidden = false;
    } catch {
      // The surface stays plain.
    }
  }

  #address(id) {
    if (!this.#addresses.has(id)) {
      const path = recordingPath(id, "poster");
      this.#addresses.set(id, this.#service.blob(path).then((picture) => URL.createObjectURL(picture)));
      if (this.#addresses.size > MOST) {
        const [[oldest, address]] = this.#addresses;
        this.#addresses.delete(oldest);
        address.then((old) => URL.revokeObjectURL(old), () => {});
      }
    }
    return this.#addresses.get(id);
  }
}
