// The calls of all clients as they arrive, with request and response side by side.
import { read } from './api.js';
import { attempt } from './app.js';
import { copyButton, field, h, table } from './dom.js';
import { formatTime, shortenId } from './format.js';

const pageSize = 200;

export async function showJournal(content, _, signal) {
  const start = await read('_emu/dashboard');
  const filter = h('input', { type: 'search', placeholder: 'path, status, key or session', size: 30, oninput: () => { for (const row of body.rows) show(row); } });
  const body = h('tbody');
  const empty = h('p', { class: 'empty' }, 'No call yet. Calls of /v1 appear here as they arrive.');
  const details = h('section', { 'aria-live': 'polite' });
  const known = new Set();

  content.append(
    h('div', { class: 'row' }, h('h1', {}, 'Journal'), h('span', { class: 'space' }), field('Filter', filter)),
    details,
    table('Calls', ['At', 'Call', 'Status', 'Took', 'Key', 'Session', 'Fault'], body), empty);

  const show = row => { row.hidden = !row.textContent.toLowerCase().includes(filter.value.trim().toLowerCase()); };

  /** Adds a call, unless it is shown. `call` is a journal entry or a `call` event: both have these fields. */
  function add(call) {
    if (known.has(call.sequence)) return;
    known.add(call.sequence);
    const row = h('tr', {},
      h('td', { class: 'dim' }, formatTime(call.at)),
      h('td', {}, h('button', { type: 'button', class: 'quiet', onclick: () => attempt(() => open(call.sequence)) }, `${call.method} ${call.session_id ? call.path.replace(call.session_id, shortenId(call.session_id)) : call.path}`)),
      h('td', { class: call.status >= 400 || call.status === 0 ? 'failed' : null }, call.status === 0 ? 'no answer' : `${call.status}${call.error_code ? ` ${call.error_code}` : ''}`),
      h('td', { class: 'number' }, `${call.duration_ms.toFixed(1)} ms`),
      h('td', {}, call.key_prefix ?? '–'),
      h('td', {}, call.session_id ? h('a', { href: `#/sessions/${call.session_id}`, title: call.session_id }, shortenId(call.session_id)) : '–'),
      h('td', {}, call.fault_id ?? call.fault ?? '–'));
    body.prepend(row);
    show(row);
    if (body.rows.length > pageSize) body.lastElementChild.remove();
    empty.hidden = true;
  }

  async function open(sequence) {
    const { entries } = await read(`_emu/journal?since=${sequence - 1}&limit=1000`);
    const entry = entries.find(candidate => candidate.sequence === sequence);
    if (!entry) {
      details.replaceChildren(h('p', {}, 'This call is no longer in the journal.'));
      return;
    }

    const match = { method: entry.method, ...(entry.route ? { route: entry.route } : { path: entry.path }), status: entry.status, ...(entry.workspace_id ? { workspace: entry.workspace_id } : {}) };
    details.replaceChildren(
      h('h2', {}, `${entry.method} ${entry.path}${entry.query}`),
      h('p', { class: 'row' }, copyButton(() => toCurl(entry, start.base_url), 'Copy as curl'), copyButton(() => JSON.stringify({ match, exactly: 1 }, null, 2), 'Copy as verify body')),
      h('div', { class: 'sides' },
        h('div', {}, h('h3', {}, 'Request'), h('pre', { tabindex: '0' }, format(entry.request_body, entry.request_body_omitted))),
        h('div', {}, h('h3', {}, `Response ${entry.status}`), h('pre', { tabindex: '0' }, format(entry.response_body, false)))));
    details.scrollIntoView({ block: 'nearest' });
  }

  async function reload() {
    const { entries } = await read(`_emu/journal?limit=${pageSize}`);
    if (signal.aborted) return;
    body.replaceChildren();
    known.clear();
    empty.hidden = entries.length > 0;
    for (const entry of entries) add(entry);
  }

  await reload();
  return { reload, onEvent: event => { if (event.type === 'call') add(event); } };
}

const format = (body, omitted) => omitted ? 'The body was not recorded: it is not JSON, or too long.' : body === null ? 'no body' : JSON.stringify(body, null, 2);

function toCurl(entry, url) {
  const quote = text => `'${text.replaceAll("'", "'\\''")}'`;
  const method = entry.method === 'GET' ? '' : ` -X ${entry.method}`;
  const body = entry.request_body === null ? '' : ` -H 'Content-Type: application/json' -d ${quote(JSON.stringify(entry.request_body))}`;
  return `curl -s ${quote(`${url}${entry.path}${entry.query}`)}${method} -H "Authorization: Bearer $CHASER_API_KEY"${body}`;
}
