/** Every sentence of the element. Those of the notices come from the service. */

export const WORDING = Object.freeze({
  menu: "More actions",
  record: "Record",
  stop: "Stop recording",
  pause: "Pause recording",
  resume: "Resume recording",
  layout: "Layout",
  askStart: "Do you want to start recording?",
  cancel: "Cancel",
  start: "Start recording",
  askStop: "Do you want to stop recording?",
  confirm: "Confirm",
  wait: "Recording will start momentarily, please wait.",
  recorded: "This session is being recorded.",
  rec: "REC",
  paused: "PAUSED",
  on: "Recording is on",
  onPause: "Recording is paused",
  lost: "Connection lost, trying again",
  dismiss: "Dismiss",
  elapsed: "Recorded so far",
});

/** By the service's name of each layout. */
export const LAYOUTS = Object.freeze({
  auto: "Automatic",
  stage: "Stage with cameras",
  grid: "Grid",
  speaker: "Speaker",
  stage_only: "Stage only",
});
