// One session: what it is, what happened to it, and ways to end it.
import { RequestFailed, follow, read, request, send } from './api.js';
import { attempt, inBackground } from './app.js';
import { getNow } from './clock.js';
import { copyButton, field, h, setText, table } from './dom.js';
import { formatBytes, formatDuration, formatMoney, formatTime } from './format.js';

const reasons = ['client_delete', 'ttl_expired', 'idle_expired', 'substrate_down', 'abandoned_orphan'];
const samples = 300;
const cdpPage = 50;

export async function showSession(content, id, signal) {
  let session;
  const happened = [];
  const realTimes = {};
  let history = [];
  const values = Object.fromEntries(['Status', 'Ended reason', 'Workspace', 'Key', 'Device', 'TTL', 'Idle', 'CDP up', 'CDP down', 'Network up', 'Network down', 'Connections', 'Price'].map(name => [name, h('dd', {}, '–')]));
  const timeline = h('ol', { class: 'timeline' });
  const line = h('path');
  const failed = h('tbody');
  const noFailure = h('p', { class: 'empty' }, 'Every connection of its pages succeeded.');
  const ends = h('div', { class: 'row' }, h('span', { class: 'dim' }, 'End as'), ...reasons.map(reason => h('button', { type: 'button', onclick: () => attempt(() => request('POST', `_emu/sessions/${id}/end`, { reason })) }, reason)));
  const address = h('p', { class: 'row' });
  const view = h('div');
  const messages = h('tbody');
  const noMessage = h('p', { class: 'empty' }, 'No recorded message. Choose what to record, then use the session.');
  const recording = h('select', { onchange: () => attempt(async () => {
    await request('PUT', '_emu/journal/cdp', { recording: recording.value, workspace: session.workspace_id });
  }) }, ...['off', 'headers', 'bodies'].map(value => h('option', { value }, value)));
  const olderMessages = h('button', { type: 'button', hidden: true, onclick: () => attempt(() => reloadMessages(messages.rows.length + cdpPage)) }, 'Load older messages');

  content.append(
    h('h1', {}, id),
    h('div', { class: 'card' }, h('dl', { class: 'facts' }, ...Object.entries(values).map(([name, value]) => h('div', {}, h('dt', {}, name), value)))),
    address, ends, view,
    h('h2', {}, 'Timeline'), h('div', { class: 'card' }, timeline),
    h('h2', {}, 'Failed requests of its pages'),
    table('Failed requests', ['At', 'Host', 'Outcome', 'Cause', 'Fault'], failed), noFailure,
    h('h2', {}, 'CDP messages'),
    h('div', { class: 'row' }, field('Record in this workspace', recording), h('button', { type: 'button', onclick: () => attempt(() => reloadMessages(cdpPage)) }, 'Show the newest')),
    table('CDP messages', ['At', 'Connection', 'Direction', 'Kind', 'Method', 'Bytes', 'Took', 'Message'], messages), noMessage,
    h('p', {}, olderMessages),
    h('h2', {}, 'Bytes'), h('div', { class: 'card' }, h('svg', { class: 'chart', viewBox: '0 0 300 100', preserveAspectRatio: 'none', role: 'img', 'aria-label': 'Bytes over time' }, line)));

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
    address.replaceChildren(...(session.cdp_url && !session.test_mode ? [h('code', {}, session.cdp_url), copyButton(session.cdp_url, 'Copy cdp_url'), ...(session.status === 'ready' ? [copyDevTools] : [])] : []));
    showView();
    timeline.replaceChildren(...getTimeline().map(({ at, realAt, text }) => h('li', {}, h('span', { class: 'dim' }, formatTime(at)), h('span', { class: 'dim' }, `+${formatDuration(Date.parse(at) - Date.parse(session.created_at))}`), h('span', {}, text), h('span', { class: 'dim' }, realAt ? `real ${formatTime(realAt)}` : ''))));
    line.setAttribute('d', draw());
    count();
  }

  // The address works in Chrome itself, typed into the address bar: pages may not link to it.
  const copyDevTools = copyButton(async () => (await read(`sessions/${id}/json/list`))[0]?.devtoolsFrontendUrl ?? '', 'Copy the DevTools address');

  /** Shows the live view of a ready session, and the last picture of one that has ended. */
  function showView() {
    const kind = session.test_mode ? 'none' : session.status === 'ready' ? 'live' : session.ended_at ? 'last' : 'none';
    if (view.dataset.kind === kind) return;
    view.dataset.kind = kind;
    if (kind === 'live') view.replaceChildren(h('h2', {}, 'Live view'), h('iframe', { src: `sessions/${id}`, title: 'Live view' }), h('p', {}, h('a', { href: `sessions/${id}`, target: '_blank', rel: 'noopener' }, 'Open the live view in a tab')));
    else view.replaceChildren();
    if (kind === 'last') inBackground(showLastPicture);
  }

  async function showLastPicture() {
    const response = await send('GET', `_emu/sessions/${id}/frame?width=640`, { signal }).catch(error => {
      if (error instanceof RequestFailed) return null; // No picture was taken, or it was evicted.
      throw error;
    });
    if (response === null) return;
    const url = URL.createObjectURL(await response.blob());
    signal.addEventListener('abort', () => URL.revokeObjectURL(url));
    view.replaceChildren(h('h2', {}, 'Last picture'), h('img', { class: 'last', src: url, alt: 'The page before the session ended' }));
  }

  // Real times are known of buffered events only.
  const getTimeline = () => [
    { at: session.created_at, realAt: realTimes.creating, text: 'Created' },
    ...(Date.parse(session.earliest_ready_at) > Date.parse(session.created_at) ? [{ at: session.earliest_ready_at, text: 'End of the provisioning delay' }] : []),
    ...(session.ready_at ? [{ at: session.ready_at, realAt: realTimes.ready, text: `Ready: ${session.device}` }] : []),
    ...happened,
    ...(session.ended_at ? [{ at: session.ended_at, realAt: realTimes[session.status], text: session.ended_reason ? `Ended: ${session.ended_reason}` : 'Failed' }] : []),
  ].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));

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

  /** Shows the newest messages. The journal returns the newest `limit` ones. */
  async function reloadMessages(limit) {
    const page = await read(`_emu/journal/cdp?workspace=${session.workspace_id}&session=${id}&limit=${Math.min(limit, 10_000)}`);
    if (signal.aborted) return;
    recording.value = page.recording;
    noMessage.hidden = page.entries.length > 0;
    olderMessages.hidden = page.entries.length < limit;
    messages.replaceChildren(...page.entries.reverse().map(message => h('tr', {},
      h('td', { class: 'dim' }, formatTime(message.at)), h('td', { class: 'number' }, String(message.connection)), h('td', {}, message.direction), h('td', { class: message.kind === 'error' ? 'failed' : null }, message.kind), h('td', {}, message.method ?? '–'),
      h('td', { class: 'number' }, String(message.size)), h('td', { class: 'number' }, message.duration_ms === null ? '–' : `${message.duration_ms.toFixed(1)} ms`),
      h('td', { class: 'wrap' }, message.body === null ? message.error_message ?? '–' : h('details', {}, h('summary', {}, 'Body'), h('pre', { tabindex: '0' }, JSON.stringify(message.body, null, 2)))))));
  }

  const add = (event, text) => happened.push({ at: event.at, realAt: event.real_at, text });

  /** Collects what the timeline and the chart show, from the oldest buffered event on. */
  function collect(event) {
    if (event.session_id !== id) return;
    if (event.type === 'bytes') history = [...history, event.cdp.bytes_up + event.cdp.bytes_down + event.egress.bytes_up + event.egress.bytes_down].slice(-samples);
    else if (event.type === 'cdp_connection') add(event, `CDP connection ${event.connection} ${event.open ? 'opened' : `closed: ${formatBytes(event.bytes_up)} up, ${formatBytes(event.bytes_down)} down`}`);
    else if (event.type === 'fault') add(event, `Fault ${event.fault_id}: ${event.effect}${event.host ? ` on ${event.host}` : ''}`);
    else if (event.type === 'session') realTimes[event.status] = event.real_at;
    else return;
    if (painting) return;
    painting = true;
    requestAnimationFrame(() => {
      painting = false;
      if (!signal.aborted) paint();
    });
  }

  let painting = false;
  await reload();
  await reloadFailures();
  await reloadMessages(cdpPage);
  inBackground(() => follow({ onEvent: collect, signal, last: 0 }));
  return {
    reload,
    onTick: () => { if (!session.ended_at) count(); },
    onEvent: event => {
      if (event.session_id !== id) return;
      if (event.type === 'egress') inBackground(reloadFailures);
      else if (event.type === 'bytes') Object.assign(session, { cdp: event.cdp, egress: event.egress });
      else inBackground(reload);
    },
  };
}
