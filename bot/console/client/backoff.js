/** How long to wait before trying again. */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** Doubles from half a second to fifteen; `random` in [0, 1) spreads many browsers over half of each wait. */
export function pauseMs(failures, random) {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return whole * (0.5 + random / 2);
}
