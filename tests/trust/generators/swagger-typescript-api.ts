import { address, bearer, cookie, drive } from './drive';
import { Api, type ErrorResponse, type HttpResponse } from './generated/api';

const { v1 } = new Api({ baseUrl: address, securityWorker: () => ({ headers: { Authorization: bearer } }) });
const dashboard = new Api({ baseUrl: address, securityWorker: () => ({ headers: { Cookie: cookie } }) }).v1;

drive({
  create: async ttl_seconds => (await v1.createSession({ ttl_seconds })).data,
  get: async id => {
    const { data } = await v1.getSession(id);
    return { status: data.status, reason: data.ended_reason };
  },
  list: async (limit, cursor) => {
    const { data } = await v1.listSessions({ limit, cursor });
    return { ids: data.data.map(session => session.id), next: data.next_cursor };
  },
  screenshot: async id => (await v1.takeScreenshot(id, { format: 'png' })).data,
  delete: async id => {
    await v1.deleteSession(id);
  },

  // Without a format, the client does not read the body of an operation that returns none.
  deleteAgain: id => v1.deleteSession(id, { format: 'json' }).then(() => 'none', (answer: HttpResponse<void, ErrorResponse>) => answer.error.error.code),
  usage: async () => (await v1.getUsage()).data.totals.sessions,
  createKey: async name => (await dashboard.createKey({ name })).data.id,
  listKeys: async () => (await dashboard.listKeys()).data.keys.map(key => key.id),
});
