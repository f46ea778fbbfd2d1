// Texts for numbers, times and durations.
const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** 1234567 → "1.23 MB" */
export function formatBytes(count) {
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) [count, unit] = [count / 1000, unit + 1];
  return `${unit === 0 ? count : count.toPrecision(3)} ${units[unit]}`;
}

/** Milliseconds → "12 s", "4:05" or "1:04:05". Negative durations are 0. */
export function formatDuration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, String(seconds % 60).padStart(2, '0')];
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** An emulated time in the form of the API, to the second. */
export const formatTime = time => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z').replace('T', ' ');

/** Millionths of a US dollar → "$1.25" */
export const formatMoney = microUsd => `${microUsd < 0 ? '−' : ''}$${Math.abs(microUsd / 1e6).toFixed(Math.abs(microUsd) % 10000 ? 4 : 2)}`;

/** "sess_019ec0d0-a88a-73f2-9741-8030dc82a854" → "sess_…82a854" */
export const shortenId = id => `${id.slice(0, 5)}…${id.slice(-6)}`;
