// A client in TypeScript whose every path, body and answer is typed by the contract. The compiler judges it, then it runs.
import type { components, paths } from './schema';

type Session = components['schemas']['Session'];
type Created = paths['/v1/sessions']['post']['responses']['201']['content']['application/json'];
type List = paths['/v1/sessions']['get']['responses']['200']['content']['application/json'];
type Refusal = paths['/v1/sessions/{id}']['delete']['responses']['409']['content']['application/json'];
type Creation = NonNullable<paths['/v1/sessions']['post']['requestBody']>['content']['application/json'];

const [address, key] = process.argv.slice(2);

async function call<T>(method: string, path: keyof paths, status: number, id = '', body?: Creation): Promise<T> {
  const answer = await fetch(address + path.replace('{id}', id), {
    method,
    headers: { 'Authorization': `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (status === 204 ? undefined : await answer.json()) as T;
}

const created = await call<Created>('POST', '/v1/sessions', 201, '', { ttl_seconds: 600 });
let session: Session;
do session = await call<Session>('GET', '/v1/sessions/{id}', 200, created.id);
while (session.status === 'creating');
const list = await call<List>('GET', '/v1/sessions', 200);
await call<void>('DELETE', '/v1/sessions/{id}', 204, created.id);
const ended = await call<Session>('GET', '/v1/sessions/{id}', 200, created.id);
const refusal = await call<Refusal>('DELETE', '/v1/sessions/{id}', 409, created.id);
const reason: 'client_delete' | 'ttl_expired' | 'idle_expired' | 'abandoned_orphan' | 'substrate_down' | null = ended.ended_reason;
console.log(JSON.stringify([session.status, list.data.length, list.next_cursor, reason, refusal.error.code]));

export {};
