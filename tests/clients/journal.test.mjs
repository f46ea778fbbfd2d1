// Tests that the CDP journal records the traffic of real clients.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clients, firstPage } from './clients.mjs';
import { Emulator } from './emulator.mjs';

let emulator;
before(async () => emulator = await Emulator.start());
after(() => emulator.stop());

const control = async (method, path, body) => {
  const response = await fetch(`${emulator.address}/_emu/journal/cdp${path}`, { method, body: body && JSON.stringify(body) });
  return { status: response.status, json: await response.json() };
};

for (const client of clients) {
  describe(client.name, { timeout: 60_000 }, () => {
    test('Commands are recorded, responses have the method of their command, and a large message has its full size', async () => {
      const session = await emulator.readySession();
      await control('PUT', '', { recording: 'bodies', key: session.key });
      const browser = await client.connect(session.cdpUrl);
      const page = await firstPage(client, browser);
      const url = 'data:text/html,<title>recorded</title>';
      await page.goto(url);
      assert.equal((await page.evaluate(() => 'x'.repeat(3_000_000))).length, 3_000_000);
      await client.disconnect(browser);

      const match = { session: session.id, method: 'Page.navigate', kind: 'command', body: { params: { url } } };
      const verified = await control('POST', '/verify', { match, exactly: 1 });
      assert.deepEqual([verified.status, verified.json.count], [200, 1], JSON.stringify(verified.json));
      const { entries } = (await control('GET', `?session=${session.id}&limit=10000`)).json;
      assert.equal(entries.filter(entry => entry.kind === 'unknown').length, 0);
      assert.deepEqual(entries.filter(entry => ['result', 'error'].includes(entry.kind) && entry.method === null), []);
      const large = entries.filter(entry => entry.size >= 3_000_000);
      assert.deepEqual(large.map(entry => [entry.direction, entry.kind, entry.body]), [['to_client', 'result', null]]);
      assert.match(large[0].method, /^Runtime\./);
      const bytes = (await session.inspect()).cdp;
      assert.ok(entries.filter(entry => entry.direction === 'to_client').reduce((sum, entry) => sum + entry.size, 0) < bytes.bytes_down);
    });
  });
}
