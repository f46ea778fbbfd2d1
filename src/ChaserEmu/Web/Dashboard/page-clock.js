// The emulated clock: freeze, run, change its rate, advance it.
import { read, request } from './api.js';
import { attempt, inBackground } from './app.js';
import { getClock, getNow, setClock } from './clock.js';
import { field, h, setText, table } from './dom.js';
import { formatDuration, formatTime, shortenId } from './format.js';

const steps = [['1 s', 1], ['1 min', 60], ['30 min', 1800]];
const maxDeadlines = 50;

export async function showClock(content, _, signal) {
  let open = [];
  const now = h('p', {}, '');
  const freeze = h('button', { type: 'button', onclick: () => change({ frozen: !getClock().frozen }) });
  const rate = h('input', { type: 'number', min: '0.001', max: '1000000', step: 'any', required: true });
  const deadlines = h('tbody');
  const noDeadline = h('p', { class: 'empty' }, 'No deadline: no session is open.');
  const passed = h('tbody');
  const noTransition = h('p', { class: 'empty' }, 'No session changed. Advance the clock past a deadline.');
  // A Date has milliseconds, a deadline has microseconds: without one more millisecond the clock would stop just before it.
  const next = h('button', { type: 'button', onclick: () => advance(Math.max(0, (Date.parse(open[0].next_due) - getNow() + 1) / 1000)) }, 'To the next deadline');

  content.append(
    h('h1', {}, 'Clock'), now,
    h('div', { class: 'row' }, freeze,
      h('form', { class: 'row', onsubmit: event => {
        event.preventDefault();
        change({ rate: rate.valueAsNumber });
      } }, field('Emulated seconds per real second', rate), h('button', {}, 'Set the rate'))),
    h('div', { class: 'row' }, h('span', { class: 'dim' }, 'Advance by'), ...steps.map(([text, seconds]) => h('button', { type: 'button', onclick: () => advance(seconds) }, text)), next),
    h('h2', {}, 'Deadlines'), table('Deadlines', ['Session', 'Status', 'Due', 'In'], deadlines), noDeadline,
    h('h2', {}, 'Transitions of the last advance'), table('Transitions of the last advance', ['Session', 'Status', 'Ended reason', 'At'], passed), noTransition);

  const change = update => attempt(async () => take(await request('PUT', '_emu/clock', update)));
  const advance = seconds => attempt(async () => take(await request('POST', '_emu/clock/advance', { seconds })));

  async function take({ transitions }) {
    setClock(await read('_emu/clock'));
    noTransition.hidden = transitions.length > 0;
    passed.replaceChildren(...transitions.map(change => h('tr', {}, sessionCell(change.session_id), statusCell(change.status), h('td', {}, change.ended_reason ?? '–'), h('td', {}, formatTime(change.at)))));
    await reload();
  }

  async function reload() {
    const { sessions } = await read('_emu/sessions?status=open&limit=500');
    if (signal.aborted) return;
    open = sessions.filter(session => session.next_due).sort((one, other) => Date.parse(one.next_due) - Date.parse(other.next_due));
    noDeadline.hidden = open.length > 0;
    next.disabled = open.length === 0;
    deadlines.replaceChildren(...open.slice(0, maxDeadlines).map(session => h('tr', {}, sessionCell(session.session_id), statusCell(session.status), h('td', {}, formatTime(session.next_due)), h('td', { class: 'number' }))));
    const { rate: current } = getClock();
    if (document.activeElement !== rate) rate.value = current;
    tick();
  }

  function tick() {
    const { rate: current, frozen } = getClock();
    setText(now, `${formatTime(getNow())}, ${frozen ? 'frozen' : current === 1 ? 'running in real time' : `${current} emulated seconds per real second`}`);
    setText(freeze, frozen ? 'Run' : 'Freeze');
    [...deadlines.rows].forEach((row, i) => setText(row.lastChild, formatDuration(Date.parse(open[i].next_due) - getNow())));
  }

  await reload();
  return {
    reload,
    onTick: tick,
    onEvent: ({ type }) => { if (type === 'session' || type === 'cdp_connection' || type === 'clock') inBackground(reload); },
  };
}

const sessionCell = id => h('td', {}, h('a', { href: `#/sessions/${id}`, title: id }, shortenId(id)));
const statusCell = status => h('td', { class: 'status', 'data-is': status }, status);
