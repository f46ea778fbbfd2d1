// Home: open and ended sessions of all workspaces, newest first.
import { read, send } from './api.js';
import { attempt, inBackground } from './app.js';
import { getNow } from './clock.js';
import { copyButton, field, h, setText, table } from './dom.js';
import { formatBytes, formatDuration, shortenId } from './format.js';
import { scripts } from './scripts.js';

const pageSize = 100;
const maxRows = 500;
const samples = 40;
const pictureInterval = 2000;
const filters = { status: '', workspace: '', reason: '', key_id: '' };

/** The keys of the sessions that were shown: id and text. */
const keys = new Map();

export async function showSessions(content, _, signal) {
  const start = await read('_emu/dashboard');
  const rows = new Map();
  let cursor = null;

  const status = h('select', {}, ...[['', 'All'], ['open', 'Open'], ['creating', 'creating'], ['ready', 'ready'], ['ended', 'Ended'], ['closed', 'closed'], ['error', 'error']].map(([value, text]) => h('option', { value, selected: value === filters.status }, text)));
  const reason = h('select', {}, h('option', { value: '' }, 'All'), ...['client_delete', 'ttl_expired', 'idle_expired', 'substrate_down', 'abandoned_orphan'].map(value => h('option', { value, selected: value === filters.reason }, value)));
  const workspace = h('input', { value: filters.workspace, placeholder: 'All', size: 28, pattern: 'ws_[0-9a-z_]+', title: 'The id of a workspace' });
  const key = h('select', {}, h('option', { value: '' }, 'All'), ...[...keys].map(([value, text]) => h('option', { value, selected: value === filters.key_id }, text)));
  for (const [name, input] of Object.entries({ status, reason, workspace, key_id: key })) {
    input.addEventListener('change', () => {
      filters[name] = input.value;
      attempt(reload);
    });
  }

  const body = h('tbody');
  const older = h('button', { type: 'button', hidden: true, onclick: () => attempt(load) }, 'Load older sessions');
  const empty = h('p', { class: 'empty', hidden: true }, 'No session yet. Create one here, or run one of the scripts below.');
  const create = h('button', { type: 'button', class: 'primary', onclick: () => attempt(async () => {
    await send('POST', 'v1/sessions', { body: {}, headers: { authorization: `Bearer ${start.example_key}` } });
  }) }, 'New session');

  content.append(
    h('div', { class: 'row' }, h('h1', {}, 'Sessions'), h('span', { class: 'space' }), field('Status', status), field('Ended reason', reason), field('Key', key), field('Workspace', workspace), create),
    table('Sessions', ['Page', 'Session', 'Status', 'Key', 'Device', 'Open for', 'TTL', 'Idle', 'Bytes', 'Activity', 'CDP', 'Ended reason'], body), empty,
    h('p', {}, older),
    showScripts(start));

  function addRow(session, place) {
    const cells = Object.fromEntries(['status', 'key', 'device', 'age', 'ttl', 'idle', 'bytes', 'spark', 'cdp', 'reason'].map(name => [name, h('td', ['ttl', 'idle', 'bytes', 'age', 'cdp'].includes(name) ? { class: 'number' } : {})]));
    const path = h('path');
    cells.spark.append(h('svg', { class: 'spark', viewBox: '0 0 80 20', role: 'img', 'aria-label': 'Bytes over time' }, path));
    const picture = h('img', { alt: '', hidden: true });
    const element = h('tr', { 'data-id': session.session_id }, h('td', { class: 'picture' }, picture), h('td', {}, h('a', { href: `#/sessions/${session.session_id}`, title: session.session_id }, shortenId(session.session_id))), ...Object.values(cells));
    if (session.key_prefix && !keys.has(session.key_id)) {
      keys.set(session.key_id, nameKey(session));
      key.append(h('option', { value: session.key_id }, nameKey(session)));
    }

    const row = { session, cells, element, path, picture, history: [], isVisible: false, hasChanged: true, pictureAt: 0 };
    rows.set(session.session_id, row);
    place(element);
    visibility.observe(element);
    paint(row);
  }

  function paint({ session, cells, path, history }) {
    cells.status.className = 'status';
    cells.status.dataset.is = session.status;
    setText(cells.status, session.status);
    setText(cells.key, nameKey(session));
    cells.key.title = session.key_prefix ?? '';
    setText(cells.device, session.device ?? '–');
    setText(cells.bytes, formatBytes(total(session)));
    setText(cells.cdp, String(session.cdp_connections ?? 0));
    setText(cells.reason, session.ended_reason ?? '–');
    path.setAttribute('d', draw(history));
    count({ session, cells });
  }

  /** Updates what changes with time alone. */
  function count({ session, cells }) {
    const isOpen = session.status === 'creating' || session.status === 'ready';
    const end = session.ended_at ? Date.parse(session.ended_at) : getNow();
    setText(cells.age, formatDuration(end - Date.parse(session.created_at)));
    setText(cells.ttl, isOpen ? formatDuration(Date.parse(session.expires_at) - getNow()) : '–');
    setText(cells.idle, isOpen && session.idle_expires_at ? formatDuration(Date.parse(session.idle_expires_at) - getNow()) : '–');
  }

  const visibility = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries) if (rows.has(target.dataset.id)) rows.get(target.dataset.id).isVisible = isIntersecting;
  });
  signal.addEventListener('abort', () => visibility.disconnect());

  /** Shows what the front tab looks like, if something has happened in it. */
  async function showPicture(row) {
    if (!row.isVisible || !row.hasChanged || row.session.status !== 'ready' || row.session.test_mode || Date.now() - row.pictureAt < pictureInterval) return;
    Object.assign(row, { hasChanged: false, pictureAt: Date.now() });
    const response = await send('GET', `_emu/sessions/${row.session.session_id}/frame?width=160`, { signal }).catch(() => null);
    if (response === null) return;
    const url = URL.createObjectURL(await response.blob());
    row.picture.addEventListener('load', () => URL.revokeObjectURL(url), { once: true });
    Object.assign(row.picture, { src: url, hidden: false });
  }

  async function load() {
    const query = new URLSearchParams({ limit: pageSize, ...Object.fromEntries(Object.entries(filters).filter(([, value]) => value)), ...(cursor ? { cursor } : {}) });
    const page = await read(`_emu/sessions?${query}`);
    if (signal.aborted) return;
    for (const session of page.sessions.filter(session => !rows.has(session.session_id))) addRow(session, element => body.append(element));
    cursor = page.next_cursor;
    older.hidden = cursor === null || rows.size >= maxRows;
    empty.hidden = rows.size > 0;
  }

  async function reload() {
    body.replaceChildren();
    rows.clear();
    cursor = null;
    await load();
  }

  /** Reads one session again and shows it, if it fits the filters. */
  async function refresh(id) {
    const session = await read(`_emu/sessions/${id}`);
    if (signal.aborted) return;
    const row = rows.get(id);
    if (!fits(session)) {
      row?.element.remove();
      rows.delete(id);
    } else if (row) {
      row.session = session;
      paint(row);
    } else {
      addRow(session, element => body.prepend(element));
      if (rows.size > maxRows) {
        const last = body.lastElementChild;
        rows.delete(last.dataset.id);
        last.remove();
      }
    }

    empty.hidden = rows.size > 0;
  }

  await load();
  return {
    reload,
    onTick: () => {
      for (const row of rows.values()) {
        if (row.session.ended_at) continue;
        count(row);
        showPicture(row);
      }
    },
    onEvent: event => {
      if (event.type === 'session' || event.type === 'cdp_connection') inBackground(() => refresh(event.session_id));
      const row = event.type === 'bytes' && rows.get(event.session_id);
      if (!row) return;
      row.history = [...row.history, total(event)].slice(-samples);
      Object.assign(row.session, { cdp: event.cdp, egress: event.egress });
      row.hasChanged = true;
      paint(row);
    },
  };
}

const nameKey = session => session.key_name && !session.key_name.startsWith('cha_') ? session.key_name : session.key_prefix ?? 'deleted key';
const total = ({ cdp, egress }) => cdp.bytes_up + cdp.bytes_down + egress.bytes_up + egress.bytes_down;

function fits(session) {
  const isOpen = session.status === 'creating' || session.status === 'ready';
  return (!filters.status || filters.status === session.status || filters.status === (isOpen ? 'open' : 'ended'))
    && (!filters.workspace || filters.workspace === session.workspace_id) && (!filters.reason || filters.reason === session.ended_reason)
    && (!filters.key_id || filters.key_id === session.key_id);
}

/** The line of a sparkline: the bytes between two samples. */
function draw(history) {
  const steps = history.slice(1).map((value, i) => value - history[i]);
  const highest = Math.max(...steps, 1);
  return steps.map((step, i) => `${i ? 'L' : 'M'}${(i * 80 / samples).toFixed(1)},${(19 - 18 * step / highest).toFixed(1)}`).join('');
}

function showScripts({ base_url: url, example_key: key }) {
  const code = h('code');
  const tabs = Object.entries(scripts).map(([name, write]) => h('button', { type: 'button', role: 'tab', 'aria-selected': 'false', onclick: event => select(event.currentTarget, write) }, name));
  const select = (tab, write) => {
    for (const other of tabs) other.setAttribute('aria-selected', String(other === tab));
    code.textContent = write(url, key);
  };
  select(tabs[0], Object.values(scripts)[0]);
  return h('section', {},
    h('h2', {}, 'First scripts'),
    h('p', { class: 'dim' }, `Each creates a session of the key ${key}, waits until it is ready, opens a page and deletes the session.`),
    h('div', { class: 'row' }, h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Languages' }, ...tabs), copyButton(() => code.textContent)),
    h('pre', { tabindex: '0' }, code));
}
