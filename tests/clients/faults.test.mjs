// Tests the effects of CDP and browser faults on real clients.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { clients, firstPage } from './clients.mjs';
import { Emulator, eventually, newKey } from './emulator.mjs';

let emulator;
before(async () => emulator = await Emulator.start());
after(() => emulator.stop());

/** Adds a fault rule for one session. Returns functions to read its `fired` count and to delete it. */
async function addFault(session, effect, match = {}) {
  const response = await fetch(`${emulator.address}/_emu/faults`, { method: 'POST', body: JSON.stringify({ match: { session: session.id, ...match }, effect }) });
  assert.equal(response.status, 201, await response.clone().text());
  const { id } = await response.json();
  return {
    fired: async () => (await (await fetch(`${emulator.address}/_emu/faults/${id}`)).json()).fired,
    delete: async () => assert.equal((await fetch(`${emulator.address}/_emu/faults/${id}`, { method: 'DELETE' })).status, 204),
  };
}

/** Opens a plain WebSocket on the session. `closed` resolves to the close code and reason. */
async function connect(session) {
  const socket = new WebSocket(session.cdpUrl);
  const messages = [];
  socket.on('message', data => messages.push(JSON.parse(data)));
  socket.on('error', () => {}); // A reset raises an error; the close event that follows is asserted.
  const closed = once(socket, 'close').then(([code, reason]) => [code, reason.toString()]);
  await once(socket, 'open');
  return { messages, closed, send: id => socket.send(JSON.stringify({ id, method: 'Browser.getVersion' })), socket };
}

/** Asserts that the session is still open and answers a new client. */
async function assertHealthy(session) {
  const { messages, send, socket } = await connect(session);
  send(1);
  await eventually(() => messages.length === 1);
  socket.close();
}

test('cdp_url_late: a client that connects to the cdp_url of the creation fails, one that polls for it connects', { timeout: 60_000 }, async () => {
  const [client, key] = [clients[0], newKey()];
  const added = await fetch(`${emulator.address}/_emu/faults`, { method: 'POST', body: JSON.stringify({ match: { key }, effect: { type: 'cdp_url_late' } }) });
  assert.equal(added.status, 201, await added.text());
  const created = await (await emulator.request('POST', '/v1/sessions', key, {})).json();
  assert.deepEqual([created.status, created.cdp_url], ['creating', null]);
  await assert.rejects(async () => client.connect(created.cdp_url));

  let session;
  await eventually(async () => (session = await (await emulator.request('GET', `/v1/sessions/${created.id}`, key)).json()).cdp_url !== null);
  assert.equal(session.status, 'ready');
  const browser = await client.connect(session.cdp_url);
  assert.equal((await client.pages(client.context(browser))).length, 1);
  await client.disconnect(browser);
});

test('cdp_close sends a close frame with the code and the reason of the rule', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { closed } = await connect(session);
  const rule = await addFault(session, { type: 'cdp_close', code: 4321, reason: 'on purpose' });
  assert.deepEqual(await closed, [4321, 'on purpose']);
  assert.equal(await rule.fired(), 1);
  await rule.delete();
  await assertHealthy(session);
});

test('cdp_drop resets the connection without a close frame', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { closed } = await connect(session);
  const rule = await addFault(session, { type: 'cdp_drop' });
  assert.deepEqual(await closed, [1006, '']);
  await rule.delete();
  await assertHealthy(session);
});

for (const direction of ['to_client', 'to_browser']) {
  test(`after_frames counts frames ${direction.replace('_', ' ')}`, { timeout: 60_000 }, async () => {
    const session = await emulator.readySession();
    const rule = await addFault(session, { type: 'cdp_close', code: 4000, after_frames: 3 }, { direction });
    const { messages, closed, send } = await connect(session);
    for (let id = 1; id <= 5; id++) send(id);
    assert.equal((await closed)[0], 4000);
    if (direction === 'to_client') assert.deepEqual(messages.map(message => message.id), [1, 2, 3]);
    else assert.ok(messages.length <= 3);
    await rule.delete();
    await assertHealthy(session);
  });

  test(`Frames stalled ${direction.replace('_', ' ')} are delivered completely and in order when the rule is deleted`, { timeout: 60_000 }, async () => {
    const session = await emulator.readySession();
    const { messages, send, socket } = await connect(session);
    send(1);
    await eventually(() => messages.length === 1);
    const rule = await addFault(session, { type: 'cdp_stall' }, { direction });
    for (let id = 2; id <= 9; id++) send(id);

    // No response may arrive although bytes still move in the other direction.
    const before = (await session.inspect()).cdp;
    await eventually(async () => (await rule.fired()) === 1);
    assert.equal(messages.length, 1, JSON.stringify(before));
    await rule.delete();
    await eventually(() => messages.length === 9);
    assert.deepEqual(messages.map(message => message.id), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    socket.close();
  });
}

test('Frames that arrive together are counted one by one', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const rule = await addFault(session, { type: 'cdp_stall', after_frames: 3 }, { direction: 'to_browser' });
  const { messages, send, socket } = await connect(session);
  socket._socket.cork();
  for (let id = 1; id <= 5; id++) send(id);
  socket._socket.uncork();
  await eventually(() => messages.length === 3);
  await rule.delete();
  await eventually(() => messages.length === 5);
  assert.deepEqual(messages.map(message => message.id), [1, 2, 3, 4, 5]);
  socket.close();
});

test('after_bytes counts bytes and never splits a frame', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { messages, closed, send } = await connect(session);
  const rule = await addFault(session, { type: 'cdp_close', code: 4000, after_bytes: 300 }, { direction: 'to_client' });
  assert.equal(await rule.fired(), 0);
  for (let id = 1; id <= 20; id++) send(id);
  assert.equal((await closed)[0], 4000);
  const size = JSON.stringify(messages[0]).length + 4;
  assert.equal(messages.length, Math.ceil(300 / size), `messages of ${size} bytes`);
  assert.equal(await rule.fired(), 1);
  await rule.delete();
  await assertHealthy(session);
});

test('browser_crash closes the connection with substrate_down and leaves no browser process', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { closed } = await connect(session);
  const { browser_pid: pid } = await session.inspect();
  const rule = await addFault(session, { type: 'browser_crash' });
  assert.deepEqual(await closed, [1011, 'substrate_down']);
  await eventually(async () => (await session.resource()).status === 'closed');
  assert.throws(() => process.kill(pid, 0));
  assert.equal((await session.inspect()).billed_micro_usd, 0);
  await rule.delete();
  await assertHealthy(await emulator.readySession());
});

test('browser_freeze stops all responses until the rule is deleted', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { messages, send, socket } = await connect(session);
  send(1);
  await eventually(() => messages.length === 1);
  const rule = await addFault(session, { type: 'browser_freeze' });
  await eventually(async () => (await rule.fired()) === 1);
  const before = (await session.inspect()).cdp.bytes_up;
  send(2);
  await eventually(async () => (await session.inspect()).cdp.bytes_up > before);
  assert.equal(messages.length, 1);
  await rule.delete();
  await eventually(() => messages.length === 2);
  socket.close();
});

test('A session with a stalled connection can be deleted', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { closed, send } = await connect(session);
  const rule = await addFault(session, { type: 'cdp_stall' });
  send(1);
  await session.delete();
  const [code] = await closed;
  assert.ok(code === 1000 || code === 1006, `${code}`);
  await rule.delete();
});

for (const client of clients) {
  describe(client.name, { timeout: 60_000 }, () => {
    for (const effect of [{ type: 'cdp_close', code: 1011 }, { type: 'cdp_drop' }]) {
      test(`It is disconnected by ${effect.type} and can connect again`, async () => {
        const session = await emulator.readySession();
        const browser = await client.connect(session.cdpUrl);
        await (await firstPage(client, browser)).goto('data:text/html,<title>before</title>');
        const disconnected = once(browser, 'disconnected');
        const rule = await addFault(session, effect);
        await disconnected;
        await rule.delete();

        const reconnected = await client.connect(session.cdpUrl);
        assert.equal(await (await firstPage(client, reconnected)).title(), 'before');
        await client.disconnect(reconnected);
      });
    }

    test('It works with delayed frames', async () => {
      const session = await emulator.readySession();
      const rule = await addFault(session, { type: 'cdp_delay', milliseconds: 5 });
      const browser = await client.connect(session.cdpUrl);
      const page = await firstPage(client, browser);
      assert.equal(await page.evaluate(() => 'x'.repeat(100_000).length), 100_000);
      assert.equal(await rule.fired(), 1);
      await rule.delete();
      await client.disconnect(browser);
    });
  });
}
