import { isErrorFromAlias } from '@zodios/core';
import { address, bearer, cookie, drive } from './drive';
import { createApiClient } from './generated/client';

// Each response is validated with the generated zod schema.
const api = createApiClient(address, { axiosConfig: { headers: { Authorization: bearer } } });
const dashboard = createApiClient(address, { axiosConfig: { headers: { Cookie: cookie } } });

drive({
  create: ttl_seconds => api.createSession({ ttl_seconds }),
  get: async id => {
    const session = await api.getSession({ params: { id } });
    return { status: session.status, reason: session.ended_reason };
  },
  list: async (limit, cursor) => {
    const page = await api.listSessions({ queries: { limit, cursor } });
    return { ids: page.data.map(session => session.id), next: page.next_cursor };
  },

  // The generator has no type for images.
  screenshot: async id => (await api.axios.post<ArrayBuffer>(`${address}/v1/sessions/${id}/screenshot`, {}, { headers: { Authorization: bearer }, responseType: 'arraybuffer' })).data,
  delete: id => api.deleteSession(undefined, { params: { id } }),
  deleteAgain: id => api.deleteSession(undefined, { params: { id } }).then(() => 'none', (error: Error) => {
    if (isErrorFromAlias(api.api, 'deleteSession', error)) return error.response.data.error.code;
    throw error;
  }),
  usage: async () => (await api.getUsage()).totals.sessions,
  createKey: async name => (await dashboard.createKey({ name })).id,
  listKeys: async () => (await dashboard.listKeys()).keys.map(key => key.id),
});
