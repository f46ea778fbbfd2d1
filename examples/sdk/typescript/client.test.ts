// Tests of the SDK. The emulator runs with Requests:Deviations=refuse: a request beside the contract gets a 400, and the test fails.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ChaserClient } from './client.js';

const baseUrl = process.env.CHASER_EMU ?? 'http://127.0.0.1:8080';

async function control<T>(method: string, path: string, body: object): Promise<T> {
  const response = await fetch(`${baseUrl}/_emu/${path}`, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  assert.ok(response.ok, await response.clone().text());
  return await response.json() as T;
}

/** A client with a workspace of its own, whose waits advance the emulated clock. */
function createClient() {
  const key = `cha_test_${randomUUID()}`;
  const waits: number[] = [];
  const wait = async (seconds: number) => {
    waits.push(seconds);
    await control('POST', 'clock/advance', { seconds });
  };
  return { client: new ChaserClient({ baseUrl, key, wait }), key, waits };
}

test('A session becomes ready and is closed', async () => {
  const { client, key } = createClient();
  await control('POST', 'faults', { match: { key }, effect: { type: 'stay_creating', seconds: 5 } });

  const { id } = await client.create({ ttlSeconds: 600, profile: 'default' });
  assert.equal((await client.waitUntilReady(id)).status, 'ready');
  await client.close(id);
});

test('A refused creation is repeated after Retry-After', async () => {
  const { client, key, waits } = createClient();
  await control('POST', 'faults', { match: { key }, effect: { type: 'status', code: 'rate_limited', retry_after: 7 }, count: 1 });

  await client.create();

  assert.deepEqual(waits, [7]);
});
