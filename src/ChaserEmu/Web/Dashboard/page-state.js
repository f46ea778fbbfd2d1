// Export, import and reset.
import { request, send } from './api.js';
import { attempt, notify } from './app.js';
import { field, form, h } from './dom.js';

export async function showState(content) {
  const workspace = h('input', { placeholder: 'ws_…', required: true, pattern: 'ws_[0-9a-z_]+', size: 30, title: 'The id of a workspace' });
  const file = h('input', { type: 'file', accept: 'application/json,.json', required: true });

  content.append(
    h('h1', {}, 'State'),
    h('h2', {}, 'Export'),
    h('p', {}, 'All workspaces, keys, sessions, usage, audit events and fault rules as one JSON file. It contains no secret of a key.'),
    h('button', { type: 'button', onclick: () => attempt(async () => save(await (await send('GET', '_emu/state')).blob())) }, 'Export the state'),
    h('h2', {}, 'Import'),
    form(() => attempt(async () => {
      if (!await confirm('Import this state? It replaces everything, and open sessions end.', 'Import')) return;
      await send('PUT', '_emu/state', { body: file.files[0] });
      notify('The state was imported.');
    }), field('State file', file), h('button', {}, 'Import the file')),
    h('h2', {}, 'Reset'),
    form(() => attempt(async () => {
      if (!await confirm(`Reset ${workspace.value}? Its sessions, usage and created keys are deleted.`, 'Reset the workspace')) return;
      await request('POST', '_emu/reset', { workspace: workspace.value });
      notify('The workspace was reset.');
    }), field('Workspace', workspace), h('button', { class: 'danger' }, 'Reset the workspace')),
    h('button', { type: 'button', class: 'danger', onclick: () => attempt(async () => {
      if (!await confirm('Reset everything? All sessions, usage, fault rules and created keys are deleted.', 'Reset everything')) return;
      await request('POST', '_emu/reset');
      notify('Everything was reset.');
    }) }, 'Reset everything'));
  return {};
}

/** Asks a person. Resolves to whether they agreed. */
function confirm(question, agree) {
  const dialog = h('dialog', {}, h('form', { method: 'dialog' }, h('p', {}, question), h('p', { class: 'row' }, h('button', { value: 'no', autofocus: true }, 'Cancel'), h('button', { value: 'yes', class: 'danger' }, agree))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise(done => dialog.addEventListener('close', () => {
    dialog.remove();
    done(dialog.returnValue === 'yes');
  }));
}

function save(blob) {
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: 'chaser-emu-state.json' }).click();
  URL.revokeObjectURL(url);
}
