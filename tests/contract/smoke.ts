// A TypeScript client whose paths, bodies and responses have types generated from the OpenAPI document. typescript.test.mjs compiles and runs it.
import type { components, paths } from './schema';

type Session = components['schemas']['Session'];
type Created = paths['/v1/sessions']['post']['responses']['201']['content']['application/json'];
type List = paths['/v1/sessions']['get']['responses']['200']['content']['application/json'];
type DeleteError = paths['/v1/sessions/{id}']['delete']['responses']['409']['content']['application/json'];
type Preview = paths['/v1/sessions/{id}/preview-token']['post']['responses']['200']['content']['application/json'];
type Creation = NonNullable<paths['/v1/sessions']['post']['requestBody']>['content']['application/json'];
type ScreenshotRequest = NonNullable<paths['/v1/sessions/{id}/screenshot']['post']['requestBody']>['content']['application/json'];
type ImageType = keyof paths['/v1/sessions/{id}/screenshot']['post']['responses']['200']['content'];
type Stream = keyof paths['/v1/audit/stream']['get']['responses']['200']['content'];
type Resumption = NonNullable<paths['/v1/audit/stream']['get']['parameters']['header']>;

const [address, key] = process.argv.slice(2);

async function send(method: string, path: keyof paths, status: number, id: string, body?: Creation | ScreenshotRequest, headers = {}): Promise<Response> {
  const response = await fetch(address + path.replace('{id}', id), {
    method,
    headers: { 'Authorization': `Bearer ${key}`, 'Content-Type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  if (response.status !== status) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function call<T>(method: string, path: keyof paths, status: number, id = '', body?: Creation): Promise<T> {
  const response = await send(method, path, status, id, body);
  return (status === 204 ? undefined : await response.json()) as T;
}

/** Returns the actions of the first events of the workspace's audit stream. */
async function readAuditActions(count: number): Promise<string[]> {
  const from: Resumption = { 'Last-Event-ID': 0 };
  const response = await send('GET', '/v1/audit/stream', 200, '', undefined, { ...from, Cookie: `chaser_session=${key}` });
  const contentType: Stream = 'text/event-stream';
  if (response.headers.get('content-type') !== contentType) throw new Error(`The content type of the stream is ${response.headers.get('content-type')}.`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
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

const shot: ScreenshotRequest = { format: 'jpeg', quality: 50 };
const image = await send('POST', '/v1/sessions/{id}/screenshot', 200, created.id, shot);
const kind = image.headers.get('content-type') as ImageType;
if ((await image.arrayBuffer()).byteLength === 0) throw new Error('The screenshot is empty.');
const preview = await call<Preview>('POST', '/v1/sessions/{id}/preview-token', 200, created.id);

await call<void>('DELETE', '/v1/sessions/{id}', 204, created.id);
const ended = await call<Session>('GET', '/v1/sessions/{id}', 200, created.id);
const deleteError = await call<DeleteError>('DELETE', '/v1/sessions/{id}', 409, created.id);
const reason: 'client_delete' | 'ttl_expired' | 'idle_expired' | 'abandoned_orphan' | 'substrate_down' | null = ended.ended_reason;
console.log(JSON.stringify([session.status, list.data.length, list.next_cursor, kind, preview.fps, reason, deleteError.error.code, await readAuditActions(3)]));

export {};
