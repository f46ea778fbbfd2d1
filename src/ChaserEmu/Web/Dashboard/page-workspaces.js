// Workspaces with their keys, balances and limits.
import { read, request } from './api.js';
import { attempt } from './app.js';
import { h, table } from './dom.js';
import { formatMoney, formatTime } from './format.js';

export async function showWorkspaces(content, _, signal) {
  const list = h('div');
  const older = h('button', { type: 'button', hidden: true, onclick: () => attempt(load) }, 'Load older workspaces');
  let cursor = null;
  content.append(h('h1', {}, 'Workspaces'), list, h('p', {}, older));

  const put = (id, update) => attempt(async () => {
    await request('PUT', `_emu/workspaces/${id}`, update);
    await reload();
  });

  const showWorkspace = workspace => h('section', { class: 'card' },
    h('h2', {}, workspace.id),
    h('dl', { class: 'facts' }, ...Object.entries({
      Balance: formatMoney(workspace.balance_micro_usd),
      'Open sessions': String(workspace.open_sessions),
      'Concurrent sessions': workspace.limits.concurrent || 'no limit',
      'Creations per minute': workspace.limits.creates_per_minute || 'no limit',
    }).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, String(value))))),
    h('p', { class: 'row' },
      h('button', { type: 'button', onclick: () => put(workspace.id, { balance_micro_usd: 0 }) }, 'Set the balance to zero'),
      h('button', { type: 'button', onclick: () => put(workspace.id, { balance_micro_usd: workspace.balance_micro_usd + 10_000_000 }) }, 'Add $10'),
      h('button', { type: 'button', onclick: () => put(workspace.id, { balance_micro_usd: workspace.free_credit_micro_usd }) }, 'Set it to the free credit')),
    workspace.keys.length === 0 ? h('p', { class: 'dim' }, 'It has no key yet.') : table(`Keys of ${workspace.id}`, ['Key', 'Prefix', 'Created', 'Last used', 'Revoked'],
      h('tbody', {}, ...workspace.keys.map(key => h('tr', {}, h('td', {}, key.name), h('td', {}, key.prefix), h('td', {}, formatTime(key.created_at)), h('td', {}, key.last_used_at ? formatTime(key.last_used_at) : 'never'), h('td', {}, key.revoked_at ? formatTime(key.revoked_at) : '–'))))));

  async function load() {
    const page = await read(`_emu/workspaces?limit=20${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    if (signal.aborted) return;
    list.append(...page.workspaces.map(showWorkspace));
    cursor = page.next_cursor;
    older.hidden = cursor === null;
  }

  async function reload() {
    list.replaceChildren();
    cursor = null;
    await load();
  }

  await load();
  return { reload };
}
