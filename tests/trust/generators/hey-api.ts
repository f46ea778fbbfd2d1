import { address, drive, key, need } from './drive';
import * as api from './generated';
import { createClient } from './generated/client';

// The value of the cookie can be a key, so that one value serves both security schemes.
const client = createClient({ baseUrl: address, auth: key });

drive({
  create: async ttl_seconds => need((await api.createSession({ client, body: { ttl_seconds } })).data),
  get: async id => {
    const session: api.Session = need((await api.getSession({ client, path: { id } })).data);
    return { status: session.status, reason: session.ended_reason };
  },
  list: async (limit, cursor) => {
    const page = need((await api.listSessions({ client, query: { limit, cursor } })).data);
    return { ids: page.data.map(session => session.id), next: page.next_cursor };
  },
  screenshot: async id => need((await api.takeScreenshot({ client, path: { id }, body: { format: 'png' }, parseAs: 'blob' })).data),
  delete: async id => {
    const { error } = await api.deleteSession({ client, path: { id } });
    if (error) throw new Error(error.error.message);
  },
  deleteAgain: async id => need((await api.deleteSession({ client, path: { id } })).error).error.code,
  usage: async () => need((await api.getUsage({ client })).data).totals.sessions,
  createKey: async name => need((await api.createKey({ client, body: { name } })).data).id,
  listKeys: async () => need((await api.listKeys({ client })).data).keys.map(key => key.id),
});
