// One question at a time: an edit waits a moment for the next one, a newer question ends an older
// one, and an answer to an older one is never shown.

import { asked } from "./service.js";

const PAUSE = 40; // ms after the last edit
const LONGEST = 160; // ms that edits without a pause wait

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
    this.on.onAsk();
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
    const body = JSON.stringify(facts);
    const headers = { "Content-Type": "application/json" };
    const { status, body: answer, why } = await asked(this.address, { method: "POST", headers, body }, mine);
    if (this.running !== mine) return;
    if (status === 200 && answer) this.on.onAnswer(answer, facts);
    else if (status === 422 && answer) this.on.onFaults(answer.errors ?? [], answer);
    else this.on.onTrouble(why ?? answer?.detail ?? `it answered ${status}`);
  }
}
