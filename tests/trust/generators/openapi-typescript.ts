import createClient from 'openapi-fetch';
import { address, bearer, cookie, drive, need } from './drive';
import type { paths } from './generated/schema';

const api = createClient<paths>({ baseUrl: address, headers: { Authorization: bearer } });
const dashboard = createClient<paths>({ baseUrl: address, headers: { Cookie: cookie } });

drive({
  create: async ttl_seconds => need((await api.POST('/v1/sessions', { body: { ttl_seconds } })).data),
  get: async id => {
    const session = need((await api.GET('/v1/sessions/{id}', { params: { path: { id } } })).data);
    return { status: session.status, reason: session.ended_reason };
  },
  list: async (limit, cursor) => {
    const page = need((await api.GET('/v1/sessions', { params: { query: { limit, cursor } } })).data);
    return { ids: page.data.map(session => session.id), next: page.next_cursor };
  },
  screenshot: async id => {
    const { response } = await api.POST('/v1/sessions/{id}/screenshot', { params: { path: { id } }, body: { format: 'png' }, parseAs: 'stream' });
    return response.arrayBuffer();
  },
  delete: async id => {
    const { error } = await api.DELETE('/v1/sessions/{id}', { params: { path: { id } } });
    if (error) throw new Error(error.error.message);
  },
  deleteAgain: async id => need((await api.DELETE('/v1/sessions/{id}', { params: { path: { id } } })).error).error.code,
  usage: async () => need((await api.GET('/v1/usage')).data).totals.sessions,
  createKey: async name => need((await dashboard.POST('/v1/keys', { body: { name } })).data).id,
  listKeys: async () => need((await dashboard.GET('/v1/keys')).data).keys.map(key => key.id),
});
