/** Where a finished recording has to go, and how far it is. */

import { make } from "../client/build.js";
import { DELIVERIES, DESTINATIONS } from "./words.js";

/** A section, or null where there is nothing to say. */
export function deliveries(recording) {
  const known = recording.destinations ?? [];
  if (known.length === 0) {
    return null;
  }
  const rows = known.map((one) => make("div", {}, make("dt", {}, nameOf(one)), make("dd", {}, ...wordsOf(one))));
  return make("section", { class: "details", "aria-labelledby": "destinations" },
    make("h2", { id: "destinations" }, "Destinations"), make("dl", { class: "table" }, ...rows));
}

/** The name that was given to it, where it is more than its kind. */
function nameOf({ name, kind }) {
  const usual = DESTINATIONS[kind] ?? kind;
  return !name || name === kind ? usual : `${usual} “${name}”`;
}

function wordsOf({ state, problem }) {
  const trouble = problem ? make("p", { class: "caution" }, problem) : null;
  return [make("span", { class: `delivery ${state}` }, DELIVERIES[state] ?? state), trouble].filter(Boolean);
}
