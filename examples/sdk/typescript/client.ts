// A small SDK, as an example of code that is tested against the emulator.
export interface Session {
  id: string;
  status: 'creating' | 'ready' | 'closed' | 'error';
  cdp_url: string;
  ended_reason: string | null;
}

export interface ClientOptions {
  baseUrl: string;
  key: string;
  /** Waits for a number of seconds. A test passes a function that advances the emulator's clock. */
  wait?: (seconds: number) => Promise<void>;
}

const POLL_SECONDS = 2;

export class ChaserClient {
  readonly #options: Required<ClientOptions>;

  constructor(options: ClientOptions) {
    this.#options = { wait: seconds => new Promise(done => setTimeout(done, seconds * 1000)), ...options };
  }

  async create(options: { ttlSeconds?: number; profile?: string } = {}): Promise<Session> {
    for (;;) {
      const response = await this.#send('POST', '/v1/sessions', { ttl_seconds: options.ttlSeconds, profile: options.profile });
      if (response.status !== 429) return await this.#read<Session>(response);
      await this.#options.wait(Number(response.headers.get('Retry-After')));
    }
  }

  /** Polls until the session is ready. */
  async waitUntilReady(id: string): Promise<Session> {
    for (;;) {
      const session = await this.#read<Session>(await this.#send('GET', `/v1/sessions/${id}`));
      if (session.status === 'ready') return session;
      if (session.status !== 'creating') throw new Error(`Session ${id} is ${session.status}.`);
      await this.#options.wait(POLL_SECONDS);
    }
  }

  async close(id: string): Promise<void> {
    await this.#read(await this.#send('DELETE', `/v1/sessions/${id}`));
  }

  #send(method: string, path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.#options.key}` };
    if (body) headers['Content-Type'] = 'application/json';
    return fetch(this.#options.baseUrl + path, { method, headers, body: body && JSON.stringify(body) });
  }

  async #read<T>(response: Response): Promise<T> {
    if (!response.ok) throw new Error(`${response.status}: ${(await response.json() as { error: { message: string } }).error.message}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
}
