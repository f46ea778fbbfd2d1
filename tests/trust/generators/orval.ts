import { address, bearer, cookie, drive } from './drive';
import * as api from './generated/api';
import * as zod from './generated/zod';

// The generated functions call fetch with paths.
const send = globalThis.fetch;
globalThis.fetch = (path, options) => send(address + String(path), options);

const withKey = { headers: { Authorization: bearer } };
const withCookie = { headers: { Cookie: cookie } };

drive({
  create: async ttl_seconds => zod.CreateSessionResponse.parse((await api.createSession({ ttl_seconds }, withKey)).data),
  get: async id => {
    const session = zod.GetSessionResponse.parse((await api.getSession(id, withKey)).data);
    return { status: session.status, reason: session.ended_reason };
  },
  list: async (limit, cursor) => {
    const page = zod.ListSessionsResponse.parse((await api.listSessions({ limit, cursor }, withKey)).data);
    return { ids: page.data.map(session => session.id), next: page.next_cursor };
  },
  screenshot: async id => {
    const answer = await api.takeScreenshot(id, zod.TakeScreenshotBody.parse({}), withKey);
    if (answer.status !== 200) throw new Error(answer.data.error.message);
    return answer.data;
  },
  delete: async id => {
    const answer = await api.deleteSession(id, withKey);
    if (answer.status !== 204) throw new Error(answer.data.error.message);
  },
  deleteAgain: async id => {
    const answer = await api.deleteSession(id, withKey);
    return answer.status === 409 ? answer.data.error.code : `status ${answer.status}`;
  },
  usage: async () => zod.GetUsageResponse.parse((await api.getUsage(withKey)).data).totals.sessions,
  createKey: async name => zod.CreateKeyResponse.parse((await api.createKey({ name }, withCookie)).data).id,
  listKeys: async () => zod.ListKeysResponse.parse((await api.listKeys(withCookie)).data).keys.map(key => key.id),
});
