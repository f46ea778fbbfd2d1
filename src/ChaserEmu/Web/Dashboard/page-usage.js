// Usage, top-up and keys of the workspace of one key. The person gives the key: the emulator stores hashes only.
import { read, requestAs } from './api.js';
import { attempt, inBackground, notify } from './app.js';
import { copyButton, field, form, h, table } from './dom.js';
import { formatBytes, formatMoney, formatTime } from './format.js';

let key = '';

export async function showUsage(content, _, signal) {
  key ||= (await read('_emu/dashboard')).example_key;
  const keyInput = h('input', { value: key, required: true, pattern: 'cha_(live|test)_[A-Za-z0-9_\\-]{1,128}', size: 34, autocomplete: 'off', title: 'A key, such as cha_live_my-laptop' });
  const facts = h('dl', { class: 'facts' });
  const days = h('tbody');
  const keys = h('tbody');
  const list = h('tbody');
  const amount = h('input', { type: 'number', min: '10', max: '100000', step: '1', value: '10', required: true });
  const name = h('input', { value: 'default', maxlength: '128', required: true });
  const testMode = h('input', { type: 'checkbox' });
  const checkout = h('p', { class: 'row', hidden: true });
  const secret = h('p', { class: 'row', hidden: true, role: 'status' });

  content.append(
    h('div', { class: 'row' }, h('h1', {}, 'Usage and keys'), h('span', { class: 'space' }), form(() => {
      key = keyInput.value;
      for (const shown of [checkout, secret]) shown.hidden = true;
      attempt(reload);
    }, field('Key', keyInput), h('button', {}, 'Show'))),
    h('p', { class: 'dim' }, 'Usage of the current month (UTC), in the workspace of this key. The ', h('a', { href: '#/workspaces' }, 'workspaces'), ' page sets a balance, also to zero.'),
    h('div', { class: 'card' }, facts),
    h('h2', {}, 'By day'), h('div', { class: 'short' }, table('Usage by day', ['Day', 'Sessions', 'Bytes'], days)),
    h('h2', {}, 'By key'), table('Usage by key', ['Key', 'Prefix', 'Sessions', 'Bytes', 'Price'], keys),
    h('h2', {}, 'Top up'),
    form(() => attempt(async () => {
      const { checkout_url: url } = await requestAs(key, 'POST', 'v1/billing/topup', { amount_usd: amount.valueAsNumber });
      checkout.replaceChildren(h('a', { href: url, target: '_blank', rel: 'noopener' }, `Pay $${amount.value}`), copyButton(url, 'Copy checkout_url'));
      checkout.hidden = false;
    }), field('US dollars', amount), h('button', {}, 'Create a checkout')),
    checkout,
    h('h2', {}, 'Keys'),
    form(() => attempt(async () => {
      showSecret(await requestAs(key, 'POST', 'v1/keys', { name: name.value, test_mode: testMode.checked }));
      await reload();
    }), field('Name', name), field('Test mode', testMode), h('button', {}, 'Create a key')),
    secret,
    table('Keys', ['Key', 'Prefix', 'Created', 'Last used', 'Revoked', 'Actions'], list));

  /** Shows the secret of a new key, which no later request returns. */
  function showSecret(created) {
    secret.replaceChildren(h('span', {}, `The secret of ${created.name}, shown only now:`), h('code', {}, created.secret), copyButton(created.secret, 'Copy the secret'));
    secret.hidden = false;
  }

  const change = (action, done) => attempt(async () => {
    const result = await action();
    if (result?.secret) showSecret(result);
    else notify(done);
    await reload();
  });

  const showKey = one => h('tr', { 'data-id': one.id },
    h('td', {}, one.name), h('td', {}, one.prefix), h('td', {}, formatTime(one.created_at)), h('td', {}, one.last_used_at ? formatTime(one.last_used_at) : 'never'), h('td', {}, one.revoked_at ? formatTime(one.revoked_at) : '–'),
    h('td', {}, ...(one.revoked_at ? [] : [
      h('button', { type: 'button', 'aria-label': `Rotate ${one.prefix}`, onclick: () => change(() => requestAs(key, 'POST', `v1/keys/${one.id}/rotate`, {}), 'The key was rotated.') }, 'Rotate'), ' ',
      h('button', { type: 'button', class: 'danger', 'aria-label': `Revoke ${one.prefix}`, onclick: () => change(() => requestAs(key, 'DELETE', `v1/keys/${one.id}`), 'The key was revoked.') }, 'Revoke'),
    ])));

  async function reload() {
    const shownKey = key;
    const [usage, { keys: all }] = await Promise.all([requestAs(key, 'GET', 'v1/usage'), requestAs(key, 'GET', 'v1/keys')]);
    if (signal.aborted || key !== shownKey) return;
    facts.replaceChildren(...Object.entries({
      Sessions: String(usage.totals.sessions),
      'Bytes up': formatBytes(usage.totals.bytes_up),
      'Bytes down': formatBytes(usage.totals.bytes_down),
      Price: formatMoney(usage.totals.billed_micro_usd),
    }).map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))));
    days.replaceChildren(...usage.by_day.reverse().map(day => row(day.date, number(day.sessions), number(formatBytes(day.bytes_total)))));
    keys.replaceChildren(...usage.by_key.map(one => row(one.key_name ?? 'deleted', one.key_prefix ?? '–', number(one.sessions), number(formatBytes(one.bytes_total)), number(formatMoney(one.billed_micro_usd)))));
    list.replaceChildren(...all.map(showKey));
  }

  await inBackground(reload);
  return { reload, onEvent: event => { if (event.type === 'session') inBackground(reload); } };
}

const number = value => h('td', { class: 'number' }, String(value));
const row = (...cells) => h('tr', {}, ...cells.map(cell => typeof cell === 'string' ? h('td', {}, cell) : cell));
