// One session: what it is, what happened to it, and ways to end it.
import { read, request } from './api.js';
import { attempt, inBackground } from './app.js';
import { getNow } from './clock.js';
import { copyButton, h, setText, table } from './dom.js';
import { formatBytes, formatDuration, formatMoney, formatTime } from './format.js';

const reasons = ['client_delete', 'ttl_expired', 'idle_expired', 'substrate_down', 'abandoned_orphan'];
const samples = 300;

export async function showSession(content, id, signal) {
  let session;
  const happened = [];
  let history = [];
  const values = Object.fromEntries(['Status', 'Ended reason', 'Workspace', 'Key', 'Device', 'TTL', 'Idle', 'CDP up', 'CDP down', 'Network up', 'Network down', 'Connections', 'Price'].map(name => [name, h('dd', {}, '–')]));
  const timeline = h('ol', { class: 'timeline' });
  const line = h('path');
  const failed = h('tbody');
  const noFailure = h('p', { class: 'empty' }, 'Every connection of its pages succeeded.');
  const ends = h('div', { class: 'row' }, h('span', { class: 'dim' }, 'End as'), ...reasons.map(reason => h('button', { type: 'button', onclick: () => attempt(() => request('POST', `_emu/sessions/${id}/end`, { reason })) }, reason)));
  const view = h('a', { href: `sessions/${id}`, target: '_blank', rel: 'noopener' }, 'Open the live view');
  const address = h('p', { class: 'row' });

  content.append(
    h('h1', {}, id),
    h('div', { class: 'card' }, h('dl', { class: 'facts' }, ...Object.entries(values).map(([name, value]) => h('div', {}, h('dt', {}, name), value)))),
    address, ends,
    h('h2', {}, 'Timeline'), h('div', { class: 'card' }, timeline),
    h('h2', {}, 'Failed requests of its pages'),
    table('Failed requests', ['At', 'Host', 'Outcome', 'Cause', 'Fault'], failed), noFailure,
    h('h2', {}, 'Bytes while this page is open'), h('div', { class: 'card' }, h('svg', { class: 'chart', viewBox: '0 0 300 100', preserveAspectRatio: 'none', role: 'img', 'aria-label': 'Bytes over time' }, line)));

  function paint() {
    const isOpen = session.status === 'creating' || session.status === 'ready';
    values.Status.className = 'status';
    values.Status.dataset.is = session.status;
    setText(values.Status, session.status);
    setText(values['Ended reason'], session.ended_reason ?? (session.status === 'error' ? 'no browser could be started; see the log' : '–'));
    setText(values.Workspace, session.workspace_id);
    setText(values.Key, session.key_prefix ? `${session.key_name} · ${session.key_prefix}` : 'deleted');
    setText(values.Device, session.device ?? '–');
    setText(values['CDP up'], formatBytes(session.cdp.bytes_up));
    setText(values['CDP down'], formatBytes(session.cdp.bytes_down));
    setText(values['Network up'], formatBytes(session.egress.bytes_up));
    setText(values['Network down'], formatBytes(session.egress.bytes_down));
    setText(values.Connections, String(session.cdp_connections));
    setText(values.Price, isOpen ? 'when it ends' : formatMoney(session.billed_micro_usd));
    for (const button of ends.querySelectorAll('button')) button.disabled = !isOpen;
    address.replaceChildren(...(session.cdp_url && !session.test_mode ? [h('code', {}, session.cdp_url), copyButton(session.cdp_url, 'Copy cdp_url'), view] : []));
    timeline.replaceChildren(...getTimeline().map(([at, text]) => h('li', {}, h('span', { class: 'dim' }, formatTime(at)), h('span', { class: 'dim' }, `+${formatDuration(Date.parse(at) - Date.parse(session.created_at))}`), h('span', {}, text))));
    line.setAttribute('d', draw());
    count();
  }

  const getTimeline = () => [
    [session.created_at, 'Created'],
    ...(session.ready_at ? [[session.ready_at, `Ready: ${session.device}`]] : []),
    ...happened,
    ...(session.ended_at ? [[session.ended_at, session.ended_reason ? `Ended: ${session.ended_reason}` : 'Failed']] : []),
  ].sort(([one], [other]) => Date.parse(one) - Date.parse(other));

  function count() {
    const isOpen = session.status === 'creating' || session.status === 'ready';
    setText(values.TTL, isOpen ? formatDuration(Date.parse(session.expires_at) - getNow()) : '–');
    setText(values.Idle, isOpen && session.idle_expires_at ? formatDuration(Date.parse(session.idle_expires_at) - getNow()) : '–');
  }

  function draw() {
    const steps = history.slice(1).map((value, i) => value - history[i]);
    const highest = Math.max(...steps, 1);
    return steps.map((step, i) => `${i ? 'L' : 'M'}${i * 300 / samples},${98 - 96 * step / highest}`).join('');
  }

  async function reload() {
    session = await read(`_emu/sessions/${id}`);
    if (!signal.aborted) paint();
  }

  async function reloadFailures() {
    const { requests } = await read(`_emu/sessions/${id}/requests`);
    noFailure.hidden = requests.length > 0;
    failed.replaceChildren(...requests.map(request => h('tr', {}, h('td', { class: 'dim' }, formatTime(request.at)), h('td', {}, `${request.host}:${request.port}`), h('td', {}, request.outcome), h('td', { class: 'failed' }, request.cause), h('td', {}, request.fault_id ?? '–'))));
  }

  await reload();
  await reloadFailures();
  return {
    reload,
    onTick: () => { if (!session.ended_at) count(); },
    onEvent: event => {
      if (event.session_id !== id) return;
      if (event.type === 'egress') inBackground(reloadFailures);
      if (event.type === 'bytes') {
        const sum = event.cdp.bytes_up + event.cdp.bytes_down + event.egress.bytes_up + event.egress.bytes_down;
        history = [...history, sum].slice(-samples);
        Object.assign(session, { cdp: event.cdp, egress: event.egress });
        paint();
        return;
      }

      if (event.type === 'cdp_connection') happened.push([event.at, `CDP connection ${event.connection} ${event.open ? 'opened' : `closed: ${formatBytes(event.bytes_up)} up, ${formatBytes(event.bytes_down)} down`}`]);
      if (event.type === 'fault') happened.push([event.at, `Fault ${event.fault_id}: ${event.effect}${event.host ? ` on ${event.host}` : ''}`]);
      inBackground(reload);
    },
  };
}
