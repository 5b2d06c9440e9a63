/** The service's names in words. */

export const STATES = Object.freeze({
  starting: "Starting",
  recording: "Recording",
  paused: "Paused",
  stopping: "Stopping",
  finalising: "Finishing",
  uploading: "Uploading",
  available: "Available",
  failed: "Failed",
});

export const ENDINGS = Object.freeze({
  stopped: "Stopped by hand",
  host_absent: "The host was away for too long",
  room_closed: "The room was closed",
  room_timeout: "The room was over",
  duration_limit: "The longest duration was reached",
  room_empty: "Nobody was in the room",
  disk_full: "The disk was full",
  failed: "It failed",
});

export const KINDS = Object.freeze({
  single: "Single room",
  channel: "Channel room",
  gallery: "Media gallery room",
  breakout: "Breakout room",
  broadcast: "Live broadcast",
});

/** What a recording is called on the screen. */
export function titleOf(recording) {
  return recording.title || roomTitle(recording.room);
}

export function roomTitle(room) {
  return room.title || room.id;
}

/** How a copy stands with one destination. */
export const DELIVERIES = Object.freeze({
  waiting: "Waiting for its turn",
  held: "Held back until the room is closed",
  sending: "On its way",
  confirmed: "Delivered and checked",
  waived: "Done without",
});

export const DESTINATIONS = Object.freeze({
  folder: "The library",
  s3: "S3 storage",
  gcs: "Google Cloud Storage",
  azure: "Azure storage",
  kaltura: "Kaltura",
  webhook: "The conferencing server",
});

export const HELD = "Held back until the room is closed.";

const OVER = new Set(["uploading", "available", "failed"]);

/** Nobody records it any more; it may still be on its way to where it goes. */
export function isOver(recording) {
  return OVER.has(recording.state);
}

/** Whether there is a finished file to play. */
export function isPlayable(recording) {
  return isOver(recording) && !recording.held && !recording.trashed_at && Boolean(recording.file);
}
