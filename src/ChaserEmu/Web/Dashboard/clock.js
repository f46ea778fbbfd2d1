// The emulated clock, as the emulator last reported it. It runs on in the page, so that countdowns need no requests.
let reading = { now: Date.now(), real: Date.now(), rate: 1, frozen: false };

/** Takes over a reading of /_emu/clock or a `clock` event. */
export function setClock({ now, rate, frozen }) {
  reading = { now: Date.parse(now), real: Date.now(), rate, frozen };
}

/** Returns the emulated time in milliseconds. */
export const getNow = () => reading.frozen ? reading.now : reading.now + (Date.now() - reading.real) * reading.rate;

export const getClock = () => ({ rate: reading.rate, frozen: reading.frozen });
