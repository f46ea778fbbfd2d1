// Sends requests through Prism as a validating proxy. Prism returns an error if a request or a response does not match the OpenAPI document.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Emulator, eventually, newKey } from '../clients/emulator.mjs';
import { altered, contract, Prism } from './tools.mjs';

const unknown = 'sess_019ec0d0-a88a-73f2-9741-8030dc82a854';
const testKey = () => newKey().replace('cha_live_', 'cha_test_');

/** Makes a call, asserts its status and that Prism found no violation, and returns the body. (A problem document is an error of Prism.) */
async function call(address, method, path, { key, cookie, body, headers, expect }) {
  const response = await fetch(`${address}${path}`, {
    method,
    signal: AbortSignal.timeout(10_000),
    headers: {
      ...key && { Authorization: `Bearer ${key}` },
      ...cookie && { Cookie: `chaser_session=${cookie}` },
      ...body && { 'Content-Type': 'application/json' },
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  const content = await response.text();
  assert.ok(!response.headers.get('content-type')?.includes('problem'), `${method} ${path}: ${content}`);
  assert.ok(!response.headers.get('sl-violations'), `${method} ${path}: ${response.headers.get('sl-violations')}`);
  assert.equal(response.status, expect, `${method} ${path}: ${content}`);
  return response.headers.get('content-type')?.includes('json') ? JSON.parse(content) : content;
}

/** Starts a proxy that ends an event stream after its first event: Prism validates a response only when the body has ended. */
async function startFirstEventProxy(upstream) {
  const server = createServer(async (request, response) => {
    const aborting = new AbortController();
    const streamed = await fetch(upstream + request.url, { headers: { cookie: request.headers.cookie ?? '', 'last-event-id': request.headers['last-event-id'] }, signal: aborting.signal });
    response.writeHead(streamed.status, { 'content-type': streamed.headers.get('content-type') });
    let text = '';
    for await (const part of streamed.body.pipeThrough(new TextDecoderStream())) if ((text += part).includes('\n\n')) break;
    aborting.abort();
    response.end(text.slice(0, text.indexOf('\n\n') + 2));
  });
  await new Promise(listening => server.listen(0, '127.0.0.1', listening));
  return { address: `http://127.0.0.1:${server.address().port}`, stop: () => { server.close(); server.closeAllConnections(); } };
}

describe('Requests through Prism', () => {
  let emulator, strict, lenient;
  const cleanups = [];

  before(async () => {
    emulator = await Emulator.start('Limits:Concurrent=3', 'Limits:CreatesPerMinute=5');
    [strict, lenient] = await Promise.all([
      Prism.start(contract, emulator.address),
      // Forwards invalid requests and validates only responses. Without the security sections, because Prism would reject missing credentials.
      altered({ after: cleanup => cleanups.push(cleanup) }, /^ +security:\n( +- \w+: \[ ?\]\n)+/gm, '')
        .then(withoutSecurity => Prism.start(withoutSecurity, emulator.address, '--no-validate-request')),
    ]);
  });

  after(() => Promise.all([strict?.stop(), lenient?.stop(), emulator?.stop(), ...cleanups.map(cleanup => cleanup())]));

  test('Creating, listing and deleting a session matches the document', async () => {
    const key = testKey();
    const created = await call(strict.address, 'POST', '/v1/sessions', { key, body: { ttl_seconds: 600, profile: 'default' }, expect: 201 });
    await call(strict.address, 'POST', '/v1/sessions', { key, expect: 201 });
    const ready = await eventually(
      () => call(strict.address, 'GET', `/v1/sessions/${created.id}`, { key, expect: 200 }), session => session.status === 'ready');
    assert.equal(ready.cdp_url, created.cdp_url);

    const first = await call(strict.address, 'GET', '/v1/sessions?limit=1', { key, expect: 200 });
    assert.equal(first.has_more, true);
    const last = await call(strict.address, 'GET', `/v1/sessions?limit=1&cursor=${first.next_cursor}`, { key, expect: 200 });
    assert.deepEqual([last.data[0].id, last.next_cursor], [created.id, null]);

    assert.equal(await call(strict.address, 'DELETE', `/v1/sessions/${created.id}`, { key, expect: 204 }), '');
    const ended = await call(strict.address, 'GET', `/v1/sessions/${created.id}`, { key, expect: 200 });
    assert.equal(ended.ended_reason, 'client_delete');
    await call(strict.address, 'DELETE', `/v1/sessions/${created.id}`, { key, expect: 409 });
    const usage = await call(strict.address, 'GET', '/v1/usage', { key, expect: 200 });
    assert.equal(usage.totals.sessions, 2);
  });

  test('A session with a browser and a session of another workspace match the document', async () => {
    const session = await emulator.readySession();
    await call(strict.address, 'GET', `/v1/sessions/${session.id}`, { key: session.key, expect: 200 });
    await call(strict.address, 'DELETE', `/v1/sessions/${session.id}`, { key: session.key, expect: 204 });
    await call(strict.address, 'GET', '/v1/usage', { key: session.key, expect: 200 });
    await call(strict.address, 'GET', `/v1/sessions/${session.id}`, { key: testKey(), expect: 404 });
  });

  test('Screenshots and preview tokens match the document', async () => {
    const { id, key } = await emulator.readySession();
    const of = (method, what, options) => call(strict.address, method, `/v1/sessions/${id}${what}`, { key, ...options });
    assert.ok((await of('POST', '/screenshot', { expect: 200 })).startsWith('\ufffdPNG'));
    assert.ok((await of('POST', '/screenshot', { body: { format: 'jpeg', quality: 50, full_page: true }, expect: 200 })).includes('JFIF'));
    assert.equal((await of('POST', '/preview-token', { expect: 200 })).fps, 5);

    for (let i = 1; i < 10; i++) await of('POST', '/preview-token', { expect: 200 });
    assert.equal((await of('POST', '/preview-token', { expect: 429 })).error.code, 'rate_limited');

    for (const [body, message] of [[{ quality: 0 }, /from 1 to 100/], [{ format: 'gif' }, /png or jpeg/], [{ full_page: 1 }, /true or false/]])
      assert.match((await call(lenient.address, 'POST', `/v1/sessions/${id}/screenshot`, { key, body, expect: 400 })).error.message, message);
    await call(lenient.address, 'POST', `/v1/sessions/${id}/screenshot`, { key, body: { format: 'x'.repeat(70_000) }, expect: 413 });

    await of('DELETE', '', { expect: 204 });
    for (const what of ['/screenshot', '/preview-token']) {
      assert.equal((await of('POST', what, { expect: 409 })).error.code, 'session_not_open');
      await call(strict.address, 'POST', `/v1/sessions/${id}${what}`, { key: testKey(), expect: 404 });
      await call(lenient.address, 'POST', `/v1/sessions/${id}${what}`, { expect: 401 });
    }
  });

  test('Screenshot and preview errors of a session without a browser match the document', async () => {
    const key = testKey();
    const { id } = await call(strict.address, 'POST', '/v1/sessions', { key, expect: 201 });
    await eventually(() => call(strict.address, 'GET', `/v1/sessions/${id}`, { key, expect: 200 }), session => session.status === 'ready');
    for (const what of ['/screenshot', '/preview-token'])
      assert.equal((await call(strict.address, 'POST', `/v1/sessions/${id}${what}`, { key, expect: 409 })).error.code, 'session_not_provisioned');
  });

  test('The audit stream matches the document', async t => {
    const upstream = await startFirstEventProxy(emulator.address);
    t.after(() => upstream.stop());
    const prism = await Prism.start(contract, upstream.address);
    t.after(() => prism.stop());
    const key = testKey();
    await call(strict.address, 'POST', '/v1/sessions', { key, expect: 201 });

    const event = await call(prism.address, 'GET', '/v1/audit/stream', { cookie: key, headers: { 'Last-Event-ID': '0' }, expect: 200 });

    assert.match(event, /^event: session\.created$/m);
    const data = JSON.parse(event.match(/^data: (.*)$/m)[1]);
    assert.deepEqual(Object.keys(data), ['at', 'action', 'subject', 'detail']);
    await call(lenient.address, 'GET', '/v1/audit/stream', { cookie: key, headers: { 'Last-Event-ID': '-1' }, expect: 400 });
  });

  test('Prism detects a wrong content type', async t => {
    const prism = await Prism.start(await altered(t, 'image/png', 'image/gif'), emulator.address);
    t.after(() => prism.stop());
    const { id, key } = await emulator.readySession();

    await assert.rejects(call(prism.address, 'POST', `/v1/sessions/${id}/screenshot`, { key, expect: 200 }), /image\/png/);
  });

  test('Keys and billing match the document', async () => {
    const cookie = 'emulator';
    const created = await call(strict.address, 'POST', '/v1/keys', { cookie, body: { name: 'ci', test_mode: true }, expect: 201 });
    await call(strict.address, 'GET', '/v1/sessions', { key: created.secret, expect: 200 });
    const next = await call(strict.address, 'POST', `/v1/keys/${created.id}/rotate`, { cookie, body: { grace_days: 1 }, expect: 200 });
    await call(strict.address, 'GET', '/v1/keys', { cookie, expect: 200 });
    await call(strict.address, 'DELETE', `/v1/keys/${next.id}`, { cookie, expect: 204 });
    await call(strict.address, 'DELETE', '/v1/keys/key_unknown', { cookie, expect: 404 });
    await call(strict.address, 'GET', '/v1/sessions', { key: next.secret, expect: 401 });
    await call(strict.address, 'POST', '/v1/billing/topup', { cookie, body: { amount_usd: 50 }, expect: 200 });
  });

  test('Every error that a client can cause matches the document', async () => {
    const key = testKey();
    const cookie = 'emulator';
    const of = (method, path, options) => call(lenient.address, method, path, options);
    for (const body of [{ ttl_seconds: 59 }, { ttl_seconds: 'x' }, { profile: '' }]) await of('POST', '/v1/sessions', { key, body, expect: 400 });
    // Invalid JSON is not tested here: Prism never answers such a request.
    await of('POST', '/v1/sessions', { key, body: [], expect: 400 });
    await of('POST', '/v1/sessions', { key, body: { profile: 'x'.repeat(70_000) }, expect: 413 });
    await of('GET', '/v1/sessions?limit=0', { key, expect: 400 });
    await of('GET', '/v1/sessions?cursor=x', { key, expect: 400 });
    for (const [method, path] of [['POST', '/v1/sessions'], ['GET', '/v1/sessions'], ['GET', `/v1/sessions/${unknown}`], ['DELETE', `/v1/sessions/${unknown}`], ['GET', '/v1/usage']])
      await of(method, path, { expect: 401 });
    await of('GET', `/v1/sessions/${unknown}`, { key, expect: 404 });
    await of('GET', '/v1/sessions/made-up', { key, expect: 404 });
    await of('DELETE', `/v1/sessions/${unknown}`, { key, expect: 404 });

    for (const [method, path] of [['GET', '/v1/keys'], ['POST', '/v1/keys'], ['DELETE', '/v1/keys/key_1'], ['POST', '/v1/keys/key_1/rotate'], ['POST', '/v1/billing/topup'], ['GET', '/v1/audit/stream']])
      await of(method, path, { key, expect: 401 });
    await of('POST', '/v1/keys', { cookie, body: { name: 1 }, expect: 400 });
    await of('POST', '/v1/keys/key_1/rotate', { cookie, body: { grace_days: 31 }, expect: 400 });
    await of('POST', '/v1/keys/key_1/rotate', { cookie, expect: 404 });
    await of('POST', '/v1/billing/topup', { cookie, body: { amount_usd: 9 }, expect: 400 });

    await of('GET', '/v1/keys', { cookie: key, expect: 200 });
    const foreign = (await of('GET', '/v1/keys', { cookie: key, expect: 200 })).keys[0].id;
    await of('DELETE', `/v1/keys/${foreign}`, { cookie, expect: 403 });
    await of('POST', `/v1/keys/${foreign}/rotate`, { cookie, expect: 403 });
  });

  test('Both 429 errors match the document', async () => {
    const key = testKey();
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await call(strict.address, 'POST', '/v1/sessions', { key, expect: 201 })).id);
    assert.equal((await call(strict.address, 'POST', '/v1/sessions', { key, expect: 429 })).error.code, 'concurrency_limit');
    for (let i = 0; i < 2; i++) {
      await call(strict.address, 'DELETE', `/v1/sessions/${ids[i]}`, { key, expect: 204 });
      await call(strict.address, 'POST', '/v1/sessions', { key, expect: 201 });
    }

    await call(strict.address, 'DELETE', `/v1/sessions/${ids[2]}`, { key, expect: 204 });
    assert.equal((await call(strict.address, 'POST', '/v1/sessions', { key, expect: 429 })).error.code, 'rate_limited');
  });

  test('Prism rejects a request that does not match the document', async () => {
    const response = await fetch(`${strict.address}/v1/sessions`, {
      method: 'POST',
      headers: { 'Authorization': `Bearer ${testKey()}`, 'Content-Type': 'application/json' },
      body: '{"ttl_seconds":59}',
    });

    assert.equal(response.status, 422);
    assert.match(await response.text(), /UNPROCESSABLE_ENTITY/);
  });

  test('Prism detects a missing field', async t => {
    const prism = await Prism.start(await altered(t, '- cdp_url', '- cdp_uri'), emulator.address);
    t.after(() => prism.stop());

    await assert.rejects(call(prism.address, 'POST', '/v1/sessions', { key: testKey(), expect: 201 }), /cdp_uri/);
  });

  test('Prism detects a missing Retry-After header', async t => {
    const prism = await Prism.start(await altered(t, 'Retry-After:', 'Retry-Never:'), emulator.address);
    t.after(() => prism.stop());
    const key = testKey();
    for (let i = 0; i < 3; i++) await call(prism.address, 'POST', '/v1/sessions', { key, expect: 201 });

    await assert.rejects(call(prism.address, 'POST', '/v1/sessions', { key, expect: 429 }), /retry-never/i);
  });
});

test('The 402 error without balance matches the document', async t => {
  const emulator = await Emulator.start('Billing:FreeBytes=0');
  t.after(() => emulator.stop());
  const prism = await Prism.start(contract, emulator.address);
  t.after(() => prism.stop());

  await call(prism.address, 'POST', '/v1/sessions', { key: testKey(), expect: 402 });
});
