/** Defines <roomreel-recorder>. A page of a conferencing server loads this file from the service. */

import { Recorder } from "./recorder/recorder.js";

if (!customElements.get("roomreel-recorder")) {
  customElements.define("roomreel-recorder", Recorder);
}
