// What each generated client does with a session. Adapters implement it with the calls of their client, so that the compiler checks its types.

export interface Client {
  create(ttlSeconds: number): Promise<{ id: string }>;
  get(id: string): Promise<{ status: string; reason: string | null }>;
  list(limit: number, cursor?: string): Promise<{ ids: string[]; next: string | null }>;
  screenshot(id: string): Promise<Blob | ArrayBuffer>;
  delete(id: string): Promise<void>;

  /** Deletes a session that has ended. Returns the code of the error. */
  deleteAgain(id: string): Promise<string>;

  /** Returns the number of sessions of this month. */
  usage(): Promise<number>;

  /** Creates a key with the dashboard cookie. Returns its id. */
  createKey(name: string): Promise<string>;

  /** Returns the ids of the keys, read with the dashboard cookie. */
  listKeys(): Promise<string[]>;
}

const [emulator, apiKey] = process.argv.slice(2);

/** The address of the emulator. */
export const address = emulator!;
export const key = apiKey!;
export const bearer = `Bearer ${key}`;

/** The cookie of the workspace of the key. */
export const cookie = `chaser_session=${key}`;

/** Returns a value that must exist. */
export function need<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('A value is missing.');
  return value;
}

/** Runs the scenario and prints what it found, as JSON. */
export function drive(client: Client): void {
  run(client).then(found => console.log(JSON.stringify(found)), error => {
    console.error(error);
    process.exitCode = 1;
  });
}

async function run(client: Client) {
  const { id } = await client.create(600);
  let session = await client.get(id);
  for (const end = Date.now() + 60_000; session.status === 'creating' && Date.now() < end;) session = await client.get(id);

  const image = await client.screenshot(id);
  const bytes = new Uint8Array(image instanceof Blob ? await image.arrayBuffer() : image);
  await client.delete(id);
  const reason = (await client.get(id)).reason;
  const code = await client.deleteAgain(id);

  const second = await client.create(600);
  await client.delete(second.id);
  const newest = await client.list(1);
  const oldest = await client.list(1, need(newest.next));

  const created = await client.createKey('ci');
  return {
    status: session.status,
    image: String.fromCharCode(...bytes.subarray(1, 4)),
    reason,
    code,
    pages: newest.ids[0] === second.id && oldest.ids[0] === id && oldest.next === null,
    sessions: await client.usage(),
    key: (await client.listKeys()).includes(created),
  };
}
