/** One person's token: where it comes from, when it ends, how it is renewed. */

const EARLY_MS = 60_000; // renewed this long before it ends
const KEPT_AS = "roomreel-token";

export class Token {
  #value;
  #renewing = null;

  /** `provider`, where there is one, answers a promise of a new token. */
  constructor(value, provider = null) {
    this.#value = value;
    this.provider = provider;
  }

  /** The token to send now, renewed when it is about to end and somebody can. */
  async current(now = Date.now()) {
    const endsAt = endOf(this.#value);
    if (this.provider && (!this.#value || (endsAt !== null && endsAt - now < EARLY_MS))) {
      await this.renew();
    }
    return this.#value;
  }

  /** Whether there is another token now. Several that ask at once wait for the same one. */
  async renew() {
    if (!this.provider) {
      return false;
    }
    this.#renewing ??= this.#ask().finally(() => { this.#renewing = null; });
    return this.#renewing;
  }

  async #ask() {
    try {
      const value = await this.provider();
      const renewed = Boolean(value) && value !== this.#value;
      this.#value = value || this.#value;
      return renewed;
    } catch {
      return false; // the old one is tried again, and what the service says of it is shown
    }
  }
}

/** Out of the address's fragment, which is emptied, else what this tab has kept. Null when there is none. */
export function tokenOfPage() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    keep(given);
    history.replaceState(null, "", location.pathname + location.search);
    return given;
  }
  return kept();
}

export function forgetToken() {
  sessionStorage.removeItem(KEPT_AS + location.pathname);
}

// By page: a moderator's room view and the console in one tab do not share a token.
function keep(value) {
  try {
    sessionStorage.setItem(KEPT_AS + location.pathname, value);
  } catch {
    // A browser without storage: the token lasts until the page is left.
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT_AS + location.pathname);
  } catch {
    return null;
  }
}

/** What a token says. Not verified: the service does that. Empty when it is none. */
export function claims(value) {
  try {
    const payload = value.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

/** Milliseconds since 1970, or null when the token does not say. */
function endOf(value) {
  const { exp } = claims(value);
  return typeof exp === "number" ? exp * 1000 : null;
}
