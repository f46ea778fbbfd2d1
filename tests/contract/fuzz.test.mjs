// Sends random valid and invalid requests, generated from the OpenAPI document. Every response must match the document, and none may be a 5xx.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { Emulator, eventually, newKey } from '../clients/emulator.mjs';

const requests = Number(process.env.CHASER_EMU_TRUST_REQUESTS || 600);
const seed = Number(process.env.CHASER_EMU_TRUST_SEED || Math.floor(Math.random() * 2 ** 31));
const concurrency = 8;
const methods = ['get', 'post', 'put', 'patch', 'delete'];

// mulberry32, a seeded generator: a seed gives the same numbers again.
let state = seed;
function random() {
  state = (state + 0x6D2B79F5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const chance = probability => random() < probability;
const below = limit => Math.floor(random() * limit);
const one = list => list[below(list.length)];

const texts = () => one([
  '', ' ', 'default', 'a'.repeat(128), 'a'.repeat(129), 'é日本😀', '\u0000', '\ud800', '../../etc/passwd', "'; DROP TABLE sessions; --", '%00', '%2e%2e%2f', '<script>', 'null', '-1',
  String.fromCodePoint(...Array.from({ length: below(40) }, () => 1 + below(0xD000))),
]);
const numbers = () => one([0, -1, 1, 59, 60, 61, 3600, 3601, 1800.5, 1e3, 1e308, -1e308, 2 ** 31, 2 ** 53, 1e-9, below(5000)]);
const anything = (depth = 0) => one([
  () => null, () => true, () => false, numbers, texts, () => [], () => ({}),
  () => depth > 3 ? 0 : Array.from({ length: below(4) }, () => anything(depth + 1)),
  () => depth > 3 ? 0 : Object.fromEntries(Array.from({ length: below(4) }, () => [texts(), anything(depth + 1)])),
])();

/** Replaces lone surrogates, which a URL cannot contain. */
const wellFormed = text => text.toWellFormed();

describe('random requests from the OpenAPI document', () => {
  let emulator, contract, ajv;
  const validators = new Map();
  const known = { id: [], cursor: [] };
  const keys = [newKey(), newKey().replace('live', 'test'), newKey().replace('live', 'test')];

  before(async () => {
    emulator = await Emulator.start('Limits:Concurrent=20', 'Limits:CreatesPerMinute=0', 'Browsers:Max=3', 'Limits:ScreenshotsPerMinute=5');
    contract = await (await fetch(`${emulator.address}/openapi.json`)).json();
    ajv = formats(new Ajv({ strict: false, allErrors: true }));
    ajv.addSchema({ $id: 'contract', components: contract.components });

    // These sessions always exist: ready with a browser, ready without one, and closed.
    for (const key of keys) {
      const created = await (await emulator.request('POST', '/v1/sessions', key, {})).json();
      await eventually(async () => (await (await emulator.request('GET', `/v1/sessions/${created.id}`, key)).json()).status === 'ready');
      known.id.push(created.id);
    }
    await emulator.request('DELETE', `/v1/sessions/${known.id[2]}`, keys[2]);
  });

  after(() => emulator?.stop());

  const resolve = thing => thing?.$ref ? thing.$ref.slice(2).split('/').reduce((at, name) => at[name], contract) : thing;

  function validator(schema) {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"contract#/components');
    if (!validators.has(text)) validators.set(text, ajv.compile(JSON.parse(text)));
    return validators.get(text);
  }

  /** Generates a value that the schema allows. */
  function valid(schema) {
    schema = resolve(schema);
    if (schema.enum) return one(schema.enum);
    const type = Array.isArray(schema.type) ? one(schema.type) : schema.type;
    switch (type) {
      case 'integer': return (schema.minimum ?? 0) + below((schema.maximum ?? 100) - (schema.minimum ?? 0) + 1);
      case 'number': return (schema.minimum ?? 0) + random() * ((schema.maximum ?? 100) - (schema.minimum ?? 0));
      case 'boolean': return chance(0.5);
      case 'string': return 'x'.repeat((schema.minLength ?? 0) + below(Math.min(schema.maxLength ?? 20, 200) - (schema.minLength ?? 0) + 1));
      case 'array': return [];
      case 'null': return null;
      default: return Object.fromEntries(Object.entries(schema.properties ?? {})
        .filter(([name]) => schema.required?.includes(name) || chance(0.6)).map(([name, property]) => [name, valid(property)]));
    }
  }

  /** Generates a request body and its content type. `good` is true if the document allows it. */
  function bodyOf(operation) {
    const content = operation.requestBody?.content?.['application/json'];
    const shape = below(content ? 10 : 14);
    if (!content) return shape < 11 ? {} : { body: JSON.stringify(anything()), type: 'application/json' };
    const good = valid(content.schema);
    if (shape < 4) return { body: JSON.stringify(good), type: 'application/json', good: true };
    if (shape < 5) return operation.requestBody.required ? { good: false } : { good: true };
    if (shape < 7) return { body: JSON.stringify({ ...good, [one([...Object.keys(resolve(content.schema).properties ?? {}), texts()])]: anything() }), type: 'application/json' };
    if (shape < 8) return { body: JSON.stringify(anything()), type: 'application/json' };
    const text = JSON.stringify(good);
    return one([
      () => ({ body: text.slice(0, below(text.length + 1)), type: 'application/json' }),
      () => ({ body: text, type: one(['text/plain', '', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', 'nonsense']) }),
      () => ({ body: '['.repeat(below(3000)), type: 'application/json' }),
      () => ({ body: 'x'.repeat(below(100_000)), type: 'application/json' }),
      () => ({ body: Buffer.from(Array.from({ length: below(200) }, () => below(256))), type: 'application/json' }),
    ])();
  }

  function valueOf(parameter) {
    if (parameter.name in known && known[parameter.name].length && chance(0.7)) return [one(known[parameter.name]), true];
    if (chance(0.5) && parameter.name !== 'cursor') return [String(valid(parameter.schema)), true];
    return [chance(0.7) ? texts() : String(anything()), false];
  }

  function requestFor(path, operation) {
    let good = true;
    const query = [];
    let target = path;
    for (const parameter of (operation.parameters ?? []).map(resolve)) {
      if (!parameter.required && chance(0.5)) continue;
      const [value, allowed] = valueOf(parameter);
      good &&= allowed;
      const encoded = encodeURIComponent(wellFormed(parameter.in === 'path' ? value || 'x' : value));
      if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, encoded);
      else if (parameter.in === 'query') query.push(`${parameter.name}=${encoded}`);
    }
    if (chance(0.05)) { query.push(`${encodeURIComponent('x')}=${below(9)}`, 'limit=1', 'limit=2'); good = false; }
    const { body, type, good: bodyGood = !operation.requestBody && body === undefined } = bodyOf(operation);
    const headers = { ...type !== undefined && { 'Content-Type': type } };
    const key = one(keys);
    if (!chance(0.08)) headers.Authorization = `Bearer ${key}`;
    if (!chance(0.08)) headers.Cookie = `chaser_session=${chance(0.5) ? key : 'emulator'}`;
    if (chance(0.05)) headers.Authorization = one(['Bearer', 'Bearer ', 'Basic x', `bearer  ${key}`, `Bearer ${'k'.repeat(5000)}`, 'Bearer cha_live_', 'Bearer cha_live_a b']);
    if (chance(0.03)) headers.Origin = one(['https://elsewhere.example', 'null']);
    if (chance(0.03)) [headers['Last-Event-ID'], good] = [one(['-1', 'x', '99999999999999999999', '0']), false];
    return { target: target + (query.length ? `?${query.join('&')}` : ''), body, headers, good: good && bodyGood };
  }

  /** Sends a request and reads the response. The content of an event stream, which does not end, is not read. */
  async function send(method, { target, body, headers }) {
    const aborting = new AbortController();
    const response = await fetch(emulator.address + target, { method, body: method === 'GET' ? undefined : body, headers, redirect: 'manual', signal: AbortSignal.any([aborting.signal, AbortSignal.timeout(60_000)]) });
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream')) {
      aborting.abort();
      return { response, type, content: undefined };
    }
    return { response, type, content: Buffer.from(await response.arrayBuffer()) };
  }

  /** Returns how a response breaks the document, or undefined. */
  function findError(operation, { response, type, content }, good) {
    // Kestrel rejects a URL with %00 itself, with an empty body.
    if (response.status === 400 && content?.length === 0 && response.url.includes('%00')) return;
    const leak = response.status >= 400 && String(content).match(/\w+Exception|\.cs\b|\bat \w+\.\w+\(|Microsoft\.|System\.|SQLite|\/(usr|home|root|tmp|work|app)\//);
    if (leak) return `${response.status} leaks an internal detail, "${leak[0]}": ${content}`;
    const expected = resolve(operation.responses[response.status]);
    if (response.status >= 500) return `${response.status}: ${content}`;
    if (!expected) return `${response.status} is not in the OpenAPI document: ${content}`;
    if (good && response.status === 400) return `The OpenAPI document allows the request, but the response is 400: ${content}`;
    for (const [name, header] of Object.entries(expected.headers ?? {}))
      if (header.required && !response.headers.has(name)) return `${response.status} has no ${name} header.`;
    if (!expected.content) return content?.length ? `${response.status} has a body: ${content}` : undefined;
    const [, media] = Object.entries(expected.content).find(([name]) => type.split(';')[0] === name) ?? [];
    if (!media) return `${response.status} has the undocumented content type ${type}.`;
    if (!type.includes('json')) return;
    const validate = validator(media.schema);
    return validate(JSON.parse(content)) ? undefined : `${response.status} breaks its schema: ${ajv.errorsText(validate.errors)} in ${content}`;
  }

  /** Remembers ids and cursors of a response for later requests. */
  function collectIds({ response, type, content }) {
    if (response.status >= 300 || !type.includes('json')) return;
    const body = JSON.parse(content);
    for (const name of ['id', 'next_cursor']) {
      const list = known[name === 'id' ? 'id' : 'cursor'];
      if (typeof body[name] === 'string' && list.push(body[name]) > 40) list.splice(3, 1);
    }
  }

  test(`${requests} requests get documented responses and no 5xx`, async t => {
    const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
      methods.filter(method => item[method]).map(method => ({ path, method: method.toUpperCase(), operation: item[method] })));
    const counts = {}, statuses = {}, errors = [];
    let left = requests, allowed = 0;
    await Promise.all(Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        const { path, method, operation } = one(operations);
        const request = requestFor(path, operation);
        const result = await send(method, request);
        const error = findError(operation, result, request.good);
        if (error) errors.push(`${method} ${request.target} ${JSON.stringify(request.headers)} ${String(request.body).slice(0, 200)}\n  ${error}`);
        else collectIds(result);
        counts[operation.operationId] = (counts[operation.operationId] ?? 0) + 1;
        statuses[result.response.status] = (statuses[result.response.status] ?? 0) + 1;
        if (request.good) allowed++;
      }
    }));

    t.diagnostic(`CHASER_EMU_TRUST_SEED=${seed}: ${requests} requests to ${Object.keys(counts).length} operations, ${allowed} of them valid; response statuses ${JSON.stringify(statuses)}; errors ${errors.length}`);
    assert.equal(Object.keys(counts).length, operations.length);
    assert.deepEqual(errors.slice(0, 10), []);
  });
});
