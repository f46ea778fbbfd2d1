// Faults in the CDP tunnel, as the clients that people use see them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { clients, firstPage } from './clients.mjs';
import { Emulator, eventually } from './emulator.mjs';

let emulator;
before(async () => emulator = await Emulator.start());
after(() => emulator.stop());

/** Adds a rule for one session; gives what deletes it again. */
async function fault(session, effect, match = {}) {
  const answer = await fetch(`${emulator.address}/_emu/faults`, { method: 'POST', body: JSON.stringify({ match: { session: session.id, ...match }, effect }) });
  assert.equal(answer.status, 201, await answer.clone().text());
  const { id } = await answer.json();
  return {
    fired: async () => (await (await fetch(`${emulator.address}/_emu/faults/${id}`)).json()).fired,
    delete: async () => assert.equal((await fetch(`${emulator.address}/_emu/faults/${id}`, { method: 'DELETE' })).status, 204),
  };
}

/** A plain WebSocket on the session, its messages and its end. */
async function connect(session) {
  const socket = new WebSocket(session.cdpUrl);
  const messages = [];
  socket.on('message', data => messages.push(JSON.parse(data)));
  socket.on('error', () => {}); // A reset is one; the close that follows says the rest.
  const closed = once(socket, 'close').then(([code, reason]) => [code, reason.toString()]);
  await once(socket, 'open');
  return { messages, closed, ask: id => socket.send(JSON.stringify({ id, method: 'Browser.getVersion' })), socket };
}

/** The session lives on and serves the next client. */
async function healthy(session) {
  const { messages, ask, socket } = await connect(session);
  ask(1);
  await eventually(() => messages.length === 1);
  socket.close();
}

test('A close frame has the code and the reason of the rule', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { closed } = await connect(session);
  const rule = await fault(session, { type: 'cdp_close', code: 4321, reason: 'on purpose' });
  assert.deepEqual(await closed, [4321, 'on purpose']);
  assert.equal(await rule.fired(), 1);
  await rule.delete();
  await healthy(session);
});

test('A drop comes without a close frame', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { closed } = await connect(session);
  const rule = await fault(session, { type: 'cdp_drop' });
  assert.deepEqual(await closed, [1006, '']);
  await rule.delete();
  await healthy(session);
});

for (const direction of ['to_client', 'to_browser']) {
  test(`So many frames pass ${direction.replace('_', ' ')} before the end, and not one more`, { timeout: 60_000 }, async () => {
    const session = await emulator.readySession();
    const rule = await fault(session, { type: 'cdp_close', code: 4000, after_frames: 3 }, { direction });
    const { messages, closed, ask } = await connect(session);
    for (let id = 1; id <= 5; id++) ask(id);
    assert.equal((await closed)[0], 4000);
    if (direction === 'to_client') assert.deepEqual(messages.map(message => message.id), [1, 2, 3]);
    else assert.ok(messages.length <= 3);
    await rule.delete();
    await healthy(session);
  });

  test(`What is stalled ${direction.replace('_', ' ')} goes on, whole and in order, when the rule is deleted`, { timeout: 60_000 }, async () => {
    const session = await emulator.readySession();
    const { messages, ask, socket } = await connect(session);
    ask(1);
    await eventually(() => messages.length === 1);
    const rule = await fault(session, { type: 'cdp_stall' }, { direction });
    for (let id = 2; id <= 9; id++) ask(id);

    // In the other direction, and on the way there, bytes still move: the stall is what keeps the answers.
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
  const rule = await fault(session, { type: 'cdp_stall', after_frames: 3 }, { direction: 'to_browser' });
  const { messages, ask, socket } = await connect(session);
  socket._socket.cork();
  for (let id = 1; id <= 5; id++) ask(id);
  socket._socket.uncork();
  await eventually(() => messages.length === 3);
  await rule.delete();
  await eventually(() => messages.length === 5);
  assert.deepEqual(messages.map(message => message.id), [1, 2, 3, 4, 5]);
  socket.close();
});

test('Bytes are counted as well as frames, and a frame is never cut', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { messages, closed, ask } = await connect(session);
  const rule = await fault(session, { type: 'cdp_close', code: 4000, after_bytes: 300 }, { direction: 'to_client' });
  assert.equal(await rule.fired(), 0);
  for (let id = 1; id <= 20; id++) ask(id);
  assert.equal((await closed)[0], 4000);
  const size = JSON.stringify(messages[0]).length + 4;
  assert.equal(messages.length, Math.ceil(300 / size), `messages of ${size} bytes`);
  assert.equal(await rule.fired(), 1);
  await rule.delete();
  await healthy(session);
});

test('A crash by a rule closes the connection with the reason, and no browser of the session is left', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { closed } = await connect(session);
  const { browser_pid: pid } = await session.inspect();
  const rule = await fault(session, { type: 'browser_crash' });
  assert.deepEqual(await closed, [1011, 'substrate_down']);
  await eventually(async () => (await session.resource()).status === 'closed');
  assert.throws(() => process.kill(pid, 0));
  assert.equal((await session.inspect()).billed_micro_usd, 0);
  await rule.delete();
  await healthy(await emulator.readySession());
});

test('A frozen browser answers nothing until the rule is deleted', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { messages, ask, socket } = await connect(session);
  ask(1);
  await eventually(() => messages.length === 1);
  const rule = await fault(session, { type: 'browser_freeze' });
  await eventually(async () => (await rule.fired()) === 1);
  const before = (await session.inspect()).cdp.bytes_up;
  ask(2);
  await eventually(async () => (await session.inspect()).cdp.bytes_up > before);
  assert.equal(messages.length, 1);
  await rule.delete();
  await eventually(() => messages.length === 2);
  socket.close();
});

test('A session that is stalled is deleted all the same', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  const { closed, ask } = await connect(session);
  const rule = await fault(session, { type: 'cdp_stall' });
  ask(1);
  await session.delete();
  const [code] = await closed;
  assert.ok(code === 1000 || code === 1006, `${code}`);
  await rule.delete();
});

for (const client of clients) {
  describe(client.name, { timeout: 60_000 }, () => {
    for (const effect of [{ type: 'cdp_close', code: 1011 }, { type: 'cdp_drop' }]) {
      test(`It is disconnected by ${effect.type}, and connects again`, async () => {
        const session = await emulator.readySession();
        const browser = await client.connect(session.cdpUrl);
        await (await firstPage(client, browser)).goto('data:text/html,<title>before</title>');
        const disconnected = once(browser, 'disconnected');
        const rule = await fault(session, effect);
        await disconnected;
        await rule.delete();

        const again = await client.connect(session.cdpUrl);
        assert.equal(await (await firstPage(client, again)).title(), 'before');
        await client.disconnect(again);
      });
    }

    test('It bears frames that come late', async () => {
      const session = await emulator.readySession();
      const rule = await fault(session, { type: 'cdp_delay', milliseconds: 5 });
      const browser = await client.connect(session.cdpUrl);
      const page = await firstPage(client, browser);
      assert.equal(await page.evaluate(() => 'x'.repeat(100_000).length), 100_000);
      assert.equal(await rule.fired(), 1);
      await rule.delete();
      await client.disconnect(browser);
    });
  });
}
