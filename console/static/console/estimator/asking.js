// One question at a time: an edit waits a moment for the next one, a newer question ends an older
// one, and an answer to an older one is never shown.

const PAUSE = 40; // ms after the last edit
const LONGEST = 160; // ms that edits without a pause wait
const TIMEOUT = 10_000;

export class Asking {
  constructor(address, { onAsk, onAnswer, onFaults, onTrouble }) {
    this.address = address;
    this.on = { onAsk, onAnswer, onFaults, onTrouble };
    this.running = null;
    this.timer = 0;
    this.since = 0;
  }

  // `facts()` gives them when the question is really sent.
  soon(facts) {
    const now = performance.now();
    if (!this.timer) this.since = now;
    clearTimeout(this.timer);
    const wait = Math.max(0, Math.min(PAUSE, this.since + LONGEST - now));
    this.timer = setTimeout(() => this.now(facts()), wait);
  }

  forget() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.running?.abort();
    this.running = null;
  }

  async now(facts) {
    this.forget();
    const mine = new AbortController();
    this.running = mine;
    this.on.onAsk();
    const isOld = () => this.running !== mine;
    try {
      const response = await fetch(this.address, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(facts),
        signal: AbortSignal.any([mine.signal, AbortSignal.timeout(TIMEOUT)]),
      });
      const answer = await response.json();
      if (isOld()) return;
      if (response.ok) this.on.onAnswer(answer, facts);
      else if (response.status === 422) this.on.onFaults(answer.errors ?? [], answer);
      else this.on.onTrouble(answer.detail ?? `it answered ${response.status}`);
    } catch (error) {
      if (!isOld()) this.on.onTrouble(error.name === "TimeoutError" ? "it took too long" : "it cannot be reached");
    }
  }
}
