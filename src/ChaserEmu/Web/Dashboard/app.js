// The shell: chooses the page of the address, follows the events of the emulator, and shows the emulated time.
import { SignInRequired, follow, read, signIn } from './api.js';
import { getClock, getNow, setClock } from './clock.js';
import { field, h, setText } from './dom.js';
import { formatTime } from './format.js';
import { showClock } from './page-clock.js';
import { showFaults } from './page-faults.js';
import { showJournal } from './page-journal.js';
import { showSession } from './page-session.js';
import { showSessions } from './page-sessions.js';
import { showState } from './page-state.js';
import { showUsage } from './page-usage.js';
import { showWorkspaces } from './page-workspaces.js';

/**
 * A page gets the element to fill, its parameter, and a signal that aborts when it is left. It returns handlers: `onEvent(event)`, `onTick()`
 * once a second while the page is visible, and `reload()` when events were lost or everything was replaced.
 */
const pages = [
  [/^\/?$/, 'Sessions', showSessions],
  [/^\/sessions\/([^/]+)$/, 'Session', showSession],
  [/^\/clock$/, 'Clock', showClock],
  [/^\/faults$/, 'Faults', showFaults],
  [/^\/journal$/, 'Journal', showJournal],
  [/^\/usage$/, 'Usage', showUsage],
  [/^\/workspaces$/, 'Workspaces', showWorkspaces],
  [/^\/state$/, 'State', showState],
];
const [main, notice, now] = ['main', 'notice', 'now'].map(id => document.getElementById(id));
let current = { handlers: {}, left: new AbortController() };

/** Shows a message until the next one; null hides it. */
export function notify(text, kind = 'info') {
  notice.hidden = text === null;
  notice.dataset.kind = kind;
  setText(notice, text ?? '');
}

/** Runs an action of a person. Its failure is shown. */
export function attempt(action) {
  notify(null);
  return inBackground(action);
}

/** Runs what no person asked for: it leaves the message of their last action. Its failure is shown. */
export async function inBackground(action) {
  try {
    return await action();
  } catch (error) {
    if (error instanceof SignInRequired) showSignIn();
    else if (error.name !== 'AbortError') notify(error.message, 'error');
    return undefined;
  }
}

async function showPage() {
  current.left.abort();
  const path = location.hash.slice(1);
  const [pattern, title, show] = pages.find(([candidate]) => candidate.test(path)) ?? [/.*/, 'Not found', showNothing];
  const left = new AbortController();
  current = { handlers: {}, left };
  document.title = `${title} · ChaserEmu`;
  for (const link of document.querySelectorAll('nav a')) link.toggleAttribute('aria-current', link.hash.slice(1) === `/${path.split('/')[1] ?? ''}`.replace('/sessions', '/'));
  const content = h('div', { class: 'page' });
  main.replaceChildren(content);
  current.shown = attempt(() => show(content, path.match(pattern)[1], left.signal));
  const handlers = await current.shown;
  if (!left.signal.aborted) current.handlers = handlers ?? {};
}

function showNothing(content) {
  content.append(h('h1', {}, 'Not found'), h('p', {}, 'There is no such page. ', h('a', { href: '#/' }, 'All sessions')));
  return {};
}

function showSignIn() {
  const token = h('input', { type: 'password', required: true, autocomplete: 'current-password' });
  main.replaceChildren(h('form', { class: 'page narrow', onsubmit: event => {
    event.preventDefault();
    signIn(token.value);
    start();
  } }, h('h1', {}, 'Sign in'), h('p', {}, 'This emulator has a Control:Token.'), field('Token', token), h('button', { class: 'primary' }, 'Sign in')));
  token.focus();
}

function tick() {
  const { rate, frozen } = getClock();
  setText(now, `${formatTime(getNow())}${frozen ? ' · frozen' : rate === 1 ? '' : ` · ×${rate}`}`);
  now.classList.toggle('frozen', frozen);
  if (document.visibilityState === 'visible') current.handlers.onTick?.();
}

async function start() {
  const ready = await attempt(async () => setClock(await read('_emu/clock')) ?? true);
  if (!ready) return;
  let isShown = false, lost = false;
  await inBackground(() => follow({
    signal: new AbortController().signal,
    onConnected: () => {
      // Only now is no event missed.
      if (lost) notify(null);
      if (isShown) inBackground(async () => current.handlers.reload?.());
      else showPage();
      [isShown, lost] = [true, false];
      tick();
    },
    onLost: () => {
      lost = true;
      notify('The emulator does not respond. Trying again…', 'error');
    },
    onEvent: async event => {
      // What happens while a page reads its data may be missing there.
      await current.shown;
      if (event.type === 'clock') setClock({ now: event.at, rate: event.rate, frozen: event.frozen });
      if (event.type === 'evicted' || event.type === 'reset') {
        await inBackground(async () => setClock(await read('_emu/clock')));
        await inBackground(async () => current.handlers.reload?.());
      } else {
        current.handlers.onEvent?.(event);
      }
      tick();
    },
  }));
}

addEventListener('hashchange', async () => {
  await showPage();
  main.focus();
});
setInterval(tick, 1000);
start();
