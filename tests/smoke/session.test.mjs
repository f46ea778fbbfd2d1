// A test-mode session from POST to DELETE, without a browser and without npm packages. CI runs it on systems where the suite does not run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emulator, eventually } from '../clients/emulator.mjs';

test('a test-mode session becomes ready and is deleted', async t => {
  const emulator = await Emulator.start('Browsers:Path=none');
  t.after(() => emulator.stop());
  const call = (method, path, body) => fetch(emulator.address + path, {
    method, body, headers: { Authorization: 'Bearer cha_test_smoke', ...(body && { 'Content-Type': 'application/json' }) },
  });
  const read = async id => (await call('GET', `/v1/sessions/${id}`)).json();

  const created = await call('POST', '/v1/sessions', '{}');
  assert.equal(created.status, 201);
  const { id } = await created.json();
  await eventually(() => read(id), session => session.status === 'ready');

  assert.equal((await call('DELETE', `/v1/sessions/${id}`)).status, 204);
  const closed = await read(id);
  assert.deepEqual([closed.status, closed.ended_reason], ['closed', 'client_delete']);
});
