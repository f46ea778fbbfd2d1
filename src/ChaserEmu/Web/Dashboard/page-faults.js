// Fault rules: presets, a form for any rule, and what each rule hit.
import { read, request } from './api.js';
import { attempt, inBackground } from './app.js';
import { field, h, table } from './dom.js';
import { shortenId } from './format.js';

const example = '{\n  "match": { "method": "POST", "route": "/v1/sessions" },\n  "effect": { "type": "status", "code": "rate_limited", "retry_after": 2 },\n  "count": 1\n}';
const maxHits = 5;

export async function showFaults(content, _, signal) {
  const hits = new Map();
  const { presets } = await read('_emu/faults/presets');
  const body = h('tbody');
  const empty = h('p', { class: 'empty' }, 'No rule. Add a preset, or a rule of your own.');
  const rule = h('textarea', { rows: '6', spellcheck: 'false', required: true, 'aria-describedby': 'rule-help' }, example);

  content.append(
    h('div', { class: 'row' }, h('h1', {}, 'Faults'), h('span', { class: 'space' }), h('button', { type: 'button', class: 'danger', onclick: () => attempt(async () => {
      await request('DELETE', '_emu/faults');
      await reload();
    }) }, 'Delete all rules')),
    table('Rules', ['Rule', 'Effect', 'Match', 'Count', 'Probability', 'Fired', 'Last hits', 'Enabled', ''], body), empty,
    h('h2', {}, 'Presets'),
    h('div', { class: 'cards' }, ...presets.map(preset => h('div', { class: 'card' }, h('h3', {}, preset.title), h('p', {}, preset.description), h('div', {}, h('button', { type: 'button', 'aria-label': `Add ${preset.title}`, onclick: () => add({ preset: preset.name }) }, 'Add'))))),
    h('h2', {}, 'Your own rule'),
    h('form', { onsubmit: event => {
      event.preventDefault();
      attempt(async () => {
        let parsed;
        try {
          parsed = JSON.parse(rule.value);
        } catch (error) {
          throw new Error(`The rule is not JSON: ${error.message}`);
        }

        await request('POST', '_emu/faults', parsed);
        await reload();
      });
    } }, field('Rule', rule), h('p', { id: 'rule-help', class: 'dim' }, 'JSON, as for POST /_emu/faults. ', h('a', { href: '../swagger' }, 'All effects and fields')), h('button', { class: 'primary' }, 'Add the rule')));

  const add = body => attempt(async () => {
    await request('POST', '_emu/faults', body);
    await reload();
  });

  async function reload() {
    const { faults } = await read('_emu/faults');
    if (signal.aborted) return;
    empty.hidden = faults.length > 0;
    body.replaceChildren(...faults.map(fault => {
      const { type, ...parameters } = fault.effect;
      const match = Object.entries(fault.match).filter(([, value]) => value !== null);
      return h('tr', {},
        h('td', {}, fault.id),
        h('td', {}, `${type} ${describe(Object.entries(parameters))}`),
        h('td', {}, describe(match) || 'everything'),
        h('td', { class: 'number' }, String(fault.count ?? '∞')),
        h('td', { class: 'number' }, String(fault.probability)),
        h('td', { class: 'number' }, String(fault.fired)),
        h('td', { class: 'wrap' }, ...(hits.get(fault.id) ?? []).map(hit => h('div', {}, hit))),
        h('td', {}, h('input', { type: 'checkbox', checked: fault.enabled, 'aria-label': `${fault.id} is enabled`, onchange: event => attempt(async () => {
          await request('PATCH', `_emu/faults/${fault.id}`, { enabled: event.target.checked });
          await reload();
        }) })),
        h('td', {}, h('button', { type: 'button', class: 'danger', 'aria-label': `Delete ${fault.id}`, onclick: () => attempt(async () => {
          await request('DELETE', `_emu/faults/${fault.id}`);
          await reload();
        }) }, 'Delete')));
    }));
  }

  await reload();
  return {
    reload,
    onEvent: event => {
      if (event.type !== 'fault') return;
      const hit = event.host ?? (event.method ? `${event.method} ${event.path}` : null) ?? (event.session_id ? shortenId(event.session_id) : event.workspace_id);
      hits.set(event.fault_id, [hit, ...(hits.get(event.fault_id) ?? [])].slice(0, maxHits));
      inBackground(reload);
    },
  };
}

const describe = fields => fields.filter(([, value]) => value !== null).map(([name, value]) => `${name}=${value}`).join(' ');
