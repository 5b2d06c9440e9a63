/** What the element shows, decided from what it knows: no I/O, and no rule about who may do what. */

import { Connection } from "../client/events.js";
import { WORDING } from "./wording.js";

const ACTIVE = new Set(["starting", "recording", "paused", "stopping", "finalising", "uploading"]);
const RUNNING = new Set(["recording", "paused"]);

/** Whether the room has a recording that is not over. */
export function isActive(recording) {
  return recording !== null && ACTIVE.has(recording.state);
}

export function isRunning(recording) {
  return recording !== null && RUNNING.has(recording.state);
}

/** Whether the room is free for another recording: what is being finished and uploaded no longer holds it. */
function isFree(recording) {
  return recording === null || !["starting", "recording", "paused", "stopping"].includes(recording.state);
}

// What can be done in which state; who may do it is `may`, the service's answer.
const ACTIONS = [
  { name: "start", label: WORDING.record, shape: "record", right: "start", fits: isFree },
  { name: "pause", label: WORDING.pause, shape: "pause", right: "pause", fits: (one) => one?.state === "recording" },
  { name: "resume", label: WORDING.resume, shape: "resume", right: "resume", fits: (one) => one?.state === "paused" },
  { name: "stop", label: WORDING.stop, shape: "stop", right: "stop", fits: isRunning },
];

/**
 * `may`: of GET /v1/me. `recording`: the room's newest, or null. `connection`: a Connection. `busy`: the action
 * that is on its way, or null. `confirmed(id)`: whether this person has confirmed that recording.
 */
export function scene({ may, recording, connection, busy, confirmed }) {
  const open = connection === Connection.OPEN;
  const running = isRunning(recording);
  const actions = ACTIONS.filter((action) => may[action.right] && action.fits(recording));
  return {
    enabled: open && !busy,
    actions,
    layout: may.layout && running ? recording.layout || "auto" : null,
    lamp: lamp(recording, connection),
    counter: Boolean(open && may.see_counter && running && recording.live),
    waiting: recording?.state === "starting" || (busy === "start" && isFree(recording)), // at once, not when answered
    askToConfirm: running && open && !confirmed(recording.id),
  };
}

function lamp(recording, connection) {
  if (connection === Connection.LOST) {
    return { kind: "lost", text: WORDING.lost, said: WORDING.lost };
  }
  if (!isRunning(recording) || connection !== Connection.OPEN) {
    return null;
  }
  return recording.state === "paused"
    ? { kind: "paused", text: WORDING.paused, said: WORDING.onPause }
    : { kind: "on", text: WORDING.rec, said: WORDING.on };
}
