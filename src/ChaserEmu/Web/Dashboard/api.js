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
  const reason = error.detail ?? error.error?.message ?? `The emulator answered ${response.status}.`;
  throw new RequestFailed([reason, response.headers.get('x-chaser-emu-hint')].filter(Boolean).join(' '));
}

/** Sends a request and returns the JSON of its response; null if it has none. */
export async function request(method, path, body) {
  const response = await send(method, path, { body });
  return response.status === 204 ? null : response.json();
}

export const read = path => request('GET', path);

let turn = Promise.resolve();

/**
 * Sends a request to /v1 with a key and returns the JSON of its response; null if it has none. Some routes take the key as a cookie, which a
 * script cannot send as a header. All requests share that cookie, so they are sent one after the other.
 */
export function requestAs(key, method, path, body) {
  const answer = turn.then(() => requestWithCookie(key, method, path, body));
  turn = answer.catch(() => {});
  return answer;
}

async function requestWithCookie(key, method, path, body) {
  await setCookie(key);
  try {
    const response = await send(method, path, { body, headers: { authorization: `Bearer ${key}` } });
    return response.status === 204 ? null : await response.json();
  } finally {
    await setCookie(null);
  }
}

/** Sets the cookie of the dashboard user; null deletes it. Resolves when it is stored: a request directly after `document.cookie = …` may be sent without it. */
async function setCookie(value) {
  const [name, path] = ['chaser_session', `${root.pathname}v1/`];
  if (self.cookieStore) await (value === null ? cookieStore.delete({ name, path }) : cookieStore.set({ name, value, path, sameSite: 'strict' }));
  // A page of another machine without HTTPS has no cookieStore.
  else document.cookie = `${name}=${value}; path=${path}; samesite=strict${value === null ? '; max-age=0' : ''}`;
}

/** Resolves when the page is visible. */
const untilVisible = () => new Promise(done => {
  if (document.visibilityState === 'visible') return done();
  document.addEventListener('visibilitychange', () => done(untilVisible()), { once: true });
});

/**
 * Follows /_emu/events until the signal aborts. Reconnects after the last event; `last` 0 starts with the oldest buffered one. A fetch and not
 * an EventSource, which cannot send the token. A hidden page has no connection, because a browser opens only six to one HTTP/1.1 server.
 */
export async function follow({ onEvent, onConnected = () => {}, onLost = () => {}, signal, last = null }) {
  while (!signal.aborted) {
    await untilVisible();
    const hidden = new AbortController();
    const hide = () => hidden.abort();
    document.addEventListener('visibilitychange', hide, { once: true });
    try {
      const response = await send('GET', '_emu/events', { headers: last === null ? {} : { 'last-event-id': last }, signal: AbortSignal.any([signal, hidden.signal]) });
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
      if (error instanceof SignInRequired) throw error;
    } finally {
      document.removeEventListener('visibilitychange', hide);
    }

    if (signal.aborted || hidden.signal.aborted) continue;
    onLost();
    await new Promise(done => setTimeout(done, 1000));
  }
}
