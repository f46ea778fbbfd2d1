// A client in TypeScript whose every path, body and answer is typed by the contract. The compiler judges it, then it runs.
import type { components, paths } from './schema';

type Session = components['schemas']['Session'];
type Created = paths['/v1/sessions']['post']['responses']['201']['content']['application/json'];
type List = paths['/v1/sessions']['get']['responses']['200']['content']['application/json'];
type Refusal = paths['/v1/sessions/{id}']['delete']['responses']['409']['content']['application/json'];
type Preview = paths['/v1/sessions/{id}/preview-token']['post']['responses']['200']['content']['application/json'];
type Creation = NonNullable<paths['/v1/sessions']['post']['requestBody']>['content']['application/json'];
type Shot = NonNullable<paths['/v1/sessions/{id}/screenshot']['post']['requestBody']>['content']['application/json'];
type Picture = keyof paths['/v1/sessions/{id}/screenshot']['post']['responses']['200']['content'];
type Stream = keyof paths['/v1/audit/stream']['get']['responses']['200']['content'];
type Resumption = NonNullable<paths['/v1/audit/stream']['get']['parameters']['header']>;

const [address, key] = process.argv.slice(2);

async function send(method: string, path: keyof paths, status: number, id: string, body?: Creation | Shot, headers = {}): Promise<Response> {
  const answer = await fetch(address + path.replace('{id}', id), {
    method,
    headers: { 'Authorization': `Bearer ${key}`, 'Content-Type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

async function call<T>(method: string, path: keyof paths, status: number, id = '', body?: Creation): Promise<T> {
  const answer = await send(method, path, status, id, body);
  return (status === 204 ? undefined : await answer.json()) as T;
}

/** The first events of the workspace's record: their actions. */
async function audited(count: number): Promise<string[]> {
  const from: Resumption = { 'Last-Event-ID': 0 };
  const answer = await send('GET', '/v1/audit/stream', 200, '', undefined, { ...from, Cookie: `chaser_session=${key}` });
  const form: Stream = 'text/event-stream';
  if (answer.headers.get('content-type') !== form) throw new Error(`The stream is ${answer.headers.get('content-type')}.`);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (text.split('\n\n').length <= count) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The stream ended after: ${text}`);
    text += value;
  }

  await reader.cancel();
  return [...text.matchAll(/^event: (.*)$/gm)].slice(0, count).map(match => match[1]);
}

const created = await call<Created>('POST', '/v1/sessions', 201, '', { ttl_seconds: 600 });
let session = await call<Session>('GET', '/v1/sessions/{id}', 200, created.id);
for (const end = Date.now() + 60_000; session.status === 'creating' && Date.now() < end;) session = await call<Session>('GET', '/v1/sessions/{id}', 200, created.id);
if (session.status === 'creating') throw new Error('The session is still creating after 60 s.');
const list = await call<List>('GET', '/v1/sessions', 200);

const shot: Shot = { format: 'jpeg', quality: 50 };
const picture = await send('POST', '/v1/sessions/{id}/screenshot', 200, created.id, shot);
const kind = picture.headers.get('content-type') as Picture;
if ((await picture.arrayBuffer()).byteLength === 0) throw new Error('The picture is empty.');
const preview = await call<Preview>('POST', '/v1/sessions/{id}/preview-token', 200, created.id);

await call<void>('DELETE', '/v1/sessions/{id}', 204, created.id);
const ended = await call<Session>('GET', '/v1/sessions/{id}', 200, created.id);
const refusal = await call<Refusal>('DELETE', '/v1/sessions/{id}', 409, created.id);
const reason: 'client_delete' | 'ttl_expired' | 'idle_expired' | 'abandoned_orphan' | 'substrate_down' | null = ended.ended_reason;
console.log(JSON.stringify([session.status, list.data.length, list.next_cursor, kind, preview.fps, reason, refusal.error.code, await audited(3)]));

export {};
