// Requests to the emulator. All paths are relative to /dashboard/, so the page works below a path prefix, too.
const root = new URL('..', document.baseURI);
const tokenKey = 'chaser-emu-control-token';

/** The emulator refused the token of the control API, or wants one. */
export class SignInRequired extends Error {}

/** The emulator answered with an error. Its message says what was wrong and what to do. */
export class RequestFailed extends Error {}

export const signIn = token => sessionStorage.setItem(tokenKey, token);

/** Sends a request and returns the response. `path` has no leading slash, such as `_emu/clock`. */
export async function send(method, path, { body, headers = {}, signal } = {}) {
  const token = sessionStorage.getItem(tokenKey);
  const authorization = path.startsWith('_emu/') && token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(new URL(path, root), {
    method,
    body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...authorization, ...headers },
    signal,
  });
  if (response.ok) return response;
  if (response.status === 401 && path.startsWith('_emu/')) throw new SignInRequired();
  const error = await response.json().catch(() => ({}));
  throw new RequestFailed(error.detail ?? error.error?.message ?? `The emulator answered ${response.status}.`);
}

/** Sends a request and returns the JSON of its response; null if it has none. */
export async function request(method, path, body) {
  const response = await send(method, path, { body });
  return response.status === 204 ? null : response.json();
}

export const read = path => request('GET', path);

/** Follows /_emu/events until the signal aborts. Reconnects after the last event. A fetch and not an EventSource, which cannot send the token. */
export async function follow({ onEvent, onConnected, onLost, signal }) {
  let last = null;
  while (!signal.aborted) {
    try {
      const response = await send('GET', '_emu/events', { headers: last === null ? {} : { 'last-event-id': last }, signal });
      onConnected();
      let buffer = '';
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (buffer + text).split('\n\n');
        buffer = blocks.pop();
        for (const block of blocks) {
          const fields = Object.fromEntries(block.split('\n').filter(line => !line.startsWith(':')).map(line => line.split(/: ?(.*)/s, 2)));
          if (fields.id) last = fields.id;
          if (fields.data) onEvent(JSON.parse(fields.data));
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SignInRequired) throw error;
    }

    onLost();
    await new Promise(done => setTimeout(done, 1000));
  }
}
