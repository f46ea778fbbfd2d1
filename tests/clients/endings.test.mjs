// Tests what clients receive when their session ends, and when they connect to a session that has ended.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { clients, firstPage } from './clients.mjs';
import { Emulator, eventually } from './emulator.mjs';
import { startSite } from './site.mjs';

let emulator, site;
before(async () => [emulator, site] = await Promise.all([Emulator.start(), startSite()]));
after(() => Promise.all([emulator.stop(), site.stop()]));

const endings = [
  { reason: 'client_delete', code: 1000, end: session => session.delete() },
  { reason: 'ttl_expired', code: 1001, end: () => emulator.advance(3600) },
  { reason: 'substrate_down', code: 1011, end: async session => process.kill((await session.inspect()).browser_pid, 'SIGKILL') },
];

for (const { reason, code, end } of endings) {
  describe(reason, { timeout: 60_000 }, () => {
    test(`The connection is closed with code ${code} and the reason, and the session has the same reason`, async () => {
      const session = await emulator.readySession();
      const socket = new WebSocket(session.cdpUrl);
      await once(socket, 'open');
      const closed = once(socket, 'close');
      await end(session);
      const [actualCode, actualReason] = await closed;
      assert.deepEqual([actualCode, actualReason.toString()], [code, reason]);

      const { status, ended_reason } = await eventually(() => session.resource(), resource => resource.ended_reason);
      assert.deepEqual([status, ended_reason], ['closed', reason]);
    });

    for (const client of clients) {
      test(`${client.name} emits "disconnected"`, async () => {
        const session = await emulator.readySession();
        const browser = await client.connect(session.cdpUrl);

        // Use the page first: if patchright is disconnected while it still connects, it raises an unhandled rejection.
        await (await firstPage(client, browser)).goto(site.url);
        const disconnected = once(browser, 'disconnected');
        await end(session);
        await disconnected;
      });
    }
  });
}

test('A session whose browser died is not charged', { timeout: 60_000 }, async () => {
  const session = await emulator.readySession();
  await clients[0].connect(session.cdpUrl);
  process.kill((await session.inspect()).browser_pid, 'SIGKILL');
  const inspection = await eventually(() => session.inspect(), value => value.ended_reason);
  assert.ok(inspection.cdp.bytes_down > 200, 'fewer bytes would cost less than one micro-dollar anyway');
  assert.equal(inspection.billed_micro_usd, 0);
});

describe('A deleted session', { timeout: 60_000 }, () => {
  let session;
  before(async () => {
    session = await emulator.readySession();
    await session.delete();
  });

  test('Its upgrade is rejected with 409 and the JSON error body', async () => {
    const [, response] = await once(new WebSocket(session.cdpUrl), 'unexpected-response');
    assert.equal(response.statusCode, 409);
    assert.match(response.headers['content-type'], /^application\/json/);
    assert.deepEqual(JSON.parse((await response.toArray()).join('')), {
      error: { code: 'session_not_open', message: 'Session is already in a terminal state.' },
    });
  });

  for (const client of clients)
    test(`${client.name} fails to connect and reports 409`, () => assert.rejects(client.connect(session.cdpUrl), error => /409/.test(error.message)));
});
