import { ApiKeyAuthenticationProvider, ApiKeyLocation } from '@microsoft/kiota-abstractions';
import { DefaultRequestAdapter } from '@microsoft/kiota-bundle';
import { address, bearer, cookie, drive, need } from './drive';
import { createChaserClient } from './generated/chaserClient';
import type { ErrorResponse } from './generated/models';

function connect(header: string, value: string) {
  const adapter = new DefaultRequestAdapter(new ApiKeyAuthenticationProvider(value, header, ApiKeyLocation.Header));
  adapter.baseUrl = address;
  return createChaserClient(adapter).v1;
}

const api = connect('Authorization', bearer);
const dashboard = connect('Cookie', cookie);

drive({
  create: async ttlSeconds => ({ id: need((await api.sessions.post({ ttlSeconds }))?.id) }),
  get: async id => {
    const session = need(await api.sessions.byId(id).get());
    return { status: need(session.status), reason: session.endedReason ?? null };
  },
  list: async (limit, cursor) => {
    const page = need(await api.sessions.get({ queryParameters: { limit, cursor } }));
    return { ids: need(page.data).map(session => need(session.id)), next: page.nextCursor ?? null };
  },
  screenshot: async id => need(await api.sessions.byId(id).screenshot.post({})),
  delete: async id => {
    await api.sessions.byId(id).delete();
  },
  deleteAgain: id => api.sessions.byId(id).delete().then(() => 'none', (error: ErrorResponse) => need(error.errorEscaped?.code)),
  usage: async () => need((await api.usage.get())?.totals?.sessions),
  createKey: async name => need((await dashboard.keys.post({ name }))?.id),
  listKeys: async () => need((await dashboard.keys.get())?.keys).map(key => need(key.id)),
});
