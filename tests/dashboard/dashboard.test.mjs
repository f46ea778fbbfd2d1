// Opens every page of the dashboard in a real browser and compares what it shows with what the API says. Screenshots of every page, light,
// dark and as on a phone, are in tests/dashboard/screenshots afterwards.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Emulator, eventually, newKey } from '../clients/emulator.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screenshots = fileURLToPath(new URL('screenshots', import.meta.url));
const pages = { sessions: '/', clock: '/clock', faults: '/faults', journal: '/journal', usage: '/usage', workspaces: '/workspaces', state: '/state' };
const testKey = newKey().replace('live', 'test');

// The pages of one emulator are looked at in a browser of another one.
let emulator, viewer, browser, page, ended, live;
const errors = [];
const control = async (method, path, body) => {
  const response = await fetch(`${emulator.address}/_emu/${path}`, { method, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.status === 204 ? null : response.json();
};
const open = async path => {
  await page.goto(`${emulator.address}/dashboard/#${path}`);
  await page.reload();
  await page.locator('h1').waitFor();
};
const row = id => page.locator(`tr[data-id="${id}"]`);

before(async () => {
  [emulator, viewer] = await Promise.all([Emulator.start(), Emulator.start('Sessions:IdleSeconds=3600')]);
  await control('PUT', 'clock', { frozen: true });
  ended = await (await emulator.request('POST', '/v1/sessions', testKey, {})).json();
  await control('POST', `sessions/${ended.id}/end`, { reason: 'substrate_down' });
  await control('POST', 'faults', { preset: 'slow_network' });
  live = await emulator.readySession();
  browser = await chromium.connectOverCDP((await viewer.readySession()).cdpUrl);
  page = browser.contexts()[0].pages()[0];
  await page.setViewportSize({ width: 1280, height: 900 });
  page.on('pageerror', error => errors.push(error.message));
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
  mkdirSync(screenshots, { recursive: true });
});
after(async () => {
  await browser?.close();
  await Promise.all([emulator?.stop(), viewer?.stop()]);
});

test('The root leads to the sessions, which are those of the API', async () => {
  await page.goto(emulator.address);
  assert.equal(page.url(), `${emulator.address}/dashboard/`);
  await row(live.id).waitFor();
  const { sessions } = await control('GET', 'sessions');
  assert.deepEqual(await page.locator('tr[data-id]').evaluateAll(rows => rows.map(one => one.dataset.id)), sessions.map(session => session.session_id));
  assert.match(await row(ended.id).innerText(), /closed[^]*substrate_down/);
  assert.match(await row(live.id).innerText(), /ready/);

  await page.getByLabel('Status').selectOption('ended');
  await row(live.id).waitFor({ state: 'detached' });
  await row(ended.id).waitFor();
  await page.getByLabel('Status').selectOption('');

  await row(live.id).waitFor();
  await page.getByLabel(/^Key/).selectOption((await live.inspect()).key_id);
  await row(ended.id).waitFor({ state: 'detached' });
  await row(live.id).waitFor();
  await page.getByLabel(/^Key/).selectOption('');
});

test('The first scripts have the address and a key of this emulator', async () => {
  await open('/');
  for (const tab of await page.getByRole('tab').all()) {
    await tab.click();
    const script = await page.locator('pre code').innerText();
    assert.ok(script.includes(emulator.address) && /cha_live_/.test(script), script);
  }
});

test('The live view shows the tab in front, switches tabs and navigates', async () => {
  const session = await emulator.readySession();
  const client = await chromium.connectOverCDP(session.cdpUrl);
  const first = client.contexts()[0].pages()[0];
  await first.goto('data:text/html,<title>First</title>');
  await open(`/sessions/${session.id}`);
  const view = page.frameLocator('iframe');
  const front = view.getByRole('navigation', { name: 'Tabs' }).locator('[aria-current]');
  await front.filter({ hasText: 'First' }).waitFor();

  const second = await client.contexts()[0].newPage();
  await second.goto('data:text/html,<title>Second</title>');
  await front.filter({ hasText: 'Second' }).waitFor();
  await first.bringToFront();
  await front.filter({ hasText: 'First' }).waitFor();
  await view.getByRole('button', { name: 'Second' }).click();
  await front.filter({ hasText: 'Second' }).waitFor();

  await view.getByLabel('Address').fill('data:text/html,<title>Third</title>');
  await view.getByLabel('Address').press('Enter');
  await front.filter({ hasText: 'Third' }).waitFor();
  assert.equal(second.url(), 'data:text/html,<title>Third</title>');
  await page.screenshot({ path: `${screenshots}/session-live.png`, fullPage: true });

  // A picture that was taken stays after the end.
  assert.equal((await fetch(`${emulator.address}/_emu/sessions/${session.id}/frame`)).status, 200);
  await client.close();
  await session.delete();
  await page.getByRole('img', { name: 'The page before the session ended' }).waitFor();
});

test('A new session, its bytes, connections and end appear without a reload', async () => {
  await open('/');
  const rows = page.locator('tr[data-id]');
  await rows.first().waitFor();
  const before = await rows.count();
  await page.getByRole('button', { name: 'New session' }).click();
  await eventually(async () => await rows.count() === before + 1);

  const client = await chromium.connectOverCDP(live.cdpUrl);
  await eventually(async () => / [1-9]/.test(await row(live.id).innerText()) && (await live.inspect()).cdp_connections === Number(await row(live.id).locator('td').nth(10).innerText()));
  await client.contexts()[0].pages()[0].goto('data:text/html,<h1>hello</h1>');
  await eventually(async () => await row(live.id).locator('img').isVisible());
  await client.close();
  await live.delete();
  await eventually(async () => /closed[^]*client_delete/.test(await row(live.id).innerText()));
});

test('A session shows what happened to it, and a person ends it', async () => {
  const session = await emulator.readySession();
  await open(`/sessions/${session.id}`);
  await page.getByLabel('Record in this workspace').selectOption('bodies');
  await eventually(async () => (await control('GET', `journal/cdp?workspace=${(await session.inspect()).workspace_id}`)).recording === 'bodies');
  await page.frameLocator('iframe').getByRole('button', { name: 'Take control' }).waitFor();
  const client = await chromium.connectOverCDP(session.cdpUrl);
  await client.contexts()[0].pages()[0].goto('http://unknown.invalid').catch(() => {});
  await eventually(async () => /unknown\.invalid:80[^]*unknown_host/.test(await page.locator('main').innerText()));
  await client.close();
  await page.getByRole('button', { name: 'Show the newest' }).click();
  const messages = page.getByRole('region', { name: 'CDP messages' });
  await messages.getByText('Page.navigate', { exact: true }).first().waitFor();
  assert.match(await messages.locator('pre').filter({ hasText: '"method": "Page.navigate"' }).last().textContent(), /unknown\.invalid/);
  await page.getByRole('button', { name: 'ttl_expired' }).click();
  await eventually(async () => /Created[^]*Ready[^]*connection \d+ opened[^]*closed[^]*Ended: ttl_expired/.test(await page.locator('.timeline').innerText()));
  assert.equal((await session.inspect()).ended_reason, 'ttl_expired');
  assert.ok(await page.getByRole('button', { name: 'ttl_expired' }).isDisabled());
  assert.equal(await page.locator('iframe').count(), 0);

  // The timeline is complete in a page that is opened later.
  await open(`/sessions/${session.id}`);
  await eventually(async () => /Created[^]*Ready[^]*connection \d+ opened[^]*closed[^]*Ended: ttl_expired/.test(await page.locator('.timeline').innerText()));
});

test('The clock advances to the next deadline and shows what passed', async () => {
  // A deadline has microseconds, and the frozen clock a whole second: a page that ignores the microseconds stops just before the deadline.
  await control('PUT', 'clock', { frozen: false });
  const session = await (await emulator.request('POST', '/v1/sessions', testKey, {})).json();
  const { now } = await control('GET', 'clock');
  await control('PUT', 'clock', { frozen: true, now: new Date(Math.ceil(Date.parse(now) / 1000 + 1) * 1000) });
  await open('/clock');
  await page.getByText('frozen', { exact: false }).first().waitFor();
  for (let i = 0; i < 5 && (await control('GET', `sessions/${session.id}`)).ended_at === null; i++) {
    await page.getByRole('button', { name: 'To the next deadline' }).click();
    await page.getByRole('region', { name: 'Transitions of the last advance' }).getByText('idle_expired').first().waitFor();
  }

  assert.equal((await control('GET', `sessions/${session.id}`)).ended_reason, 'idle_expired');
});

test('A preset is added, hit, disabled and deleted', async () => {
  await control('DELETE', 'faults');
  await open('/faults');
  await page.getByRole('button', { name: 'Add 429 storm' }).click();
  await page.locator('tbody tr').filter({ hasText: 'rate_limited' }).waitFor();
  assert.equal((await emulator.request('POST', '/v1/sessions', testKey, {})).status, 429);
  await eventually(async () => /POST \/v1\/sessions/.test(await page.locator('tbody td.wrap').innerText()));
  await page.getByRole('checkbox').uncheck();
  await eventually(async () => (await control('GET', 'faults')).faults[0].enabled === false);
  assert.equal((await emulator.request('POST', '/v1/sessions', testKey, {})).status, 201);
  await page.getByRole('button', { name: /^Delete fault_/ }).click();
  await page.getByText('No rule.').waitFor();

  await page.getByRole('textbox', { name: 'Rule' }).fill('{"effect": {"type": "nothing"}}');
  await page.getByRole('button', { name: 'Add the rule' }).click();
  assert.match(await page.getByRole('status').innerText(), /effect\.type/);
});

test('Calls arrive in the journal, with request and response', async () => {
  await open('/journal');
  const name = `/v1/sessions/${ended.id}`;
  await emulator.request('GET', name, testKey);
  await page.getByRole('button', { name: `GET /v1/sessions/sess_…${ended.id.slice(-6)}` }).first().click();
  await page.getByRole('heading', { name: `GET ${name}` }).waitFor();
  assert.match(await page.locator('.sides').innerText(), /substrate_down/);
});

test('Usage is that of the API, and keys are created, rotated and revoked', async () => {
  const key = newKey();
  const asKey = async path => (await fetch(`${emulator.address}/v1/${path}`, { headers: { authorization: `Bearer ${key}`, cookie: `chaser_session=${key}` } })).json();
  await emulator.request('GET', '/v1/sessions', key);

  // Swagger UI leaves the cookie of the default workspace.
  await page.goto(`${emulator.address}/swagger/index.html`);
  assert.equal((await browser.contexts()[0].cookies(`${emulator.address}/v1/keys`)).length, 1);
  await open('/usage');
  await page.getByLabel('Key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Show' }).click();
  const usage = await asKey('usage');
  await page.getByRole('region', { name: 'Usage by day' }).getByRole('row', { name: usage.by_day.at(-1).date }).waitFor();
  const list = page.getByRole('region', { name: 'Keys', exact: true }).locator('tbody tr');
  const shown = () => eventually(async () => `${await list.evaluateAll(rows => rows.map(one => one.dataset.id))}` === `${(await asKey('keys')).keys.map(one => one.id)}`);
  await shown();

  await page.getByLabel('Name').fill('made here');
  await page.getByRole('button', { name: 'Create a key' }).click();
  await list.filter({ hasText: 'made here' }).waitFor();
  const secret = await page.locator('p[role="status"] code').innerText();
  assert.equal((await emulator.request('GET', '/v1/sessions', secret)).status, 200);
  await list.filter({ hasText: 'made here' }).getByRole('button', { name: 'Rotate' }).click();
  await eventually(async () => await list.count() === 3);
  await shown();
  assert.notEqual(await page.locator('p[role="status"] code').innerText(), secret);
  // The rotated key has no buttons.
  const id = await list.filter({ hasText: 'made here' }).filter({ has: page.getByRole('button', { name: 'Revoke' }) }).getAttribute('data-id');
  const revoked = page.locator(`tr[data-id="${id}"]`);
  await revoked.getByRole('button', { name: 'Revoke' }).click();
  await revoked.getByRole('button').first().waitFor({ state: 'detached' });
  await shown();
  assert.ok((await asKey('keys')).keys.find(one => one.id === id).revoked_at);

  await page.getByLabel('US dollars').fill('25');
  await page.getByRole('button', { name: 'Create a checkout' }).click();
  const checkout = await page.getByRole('link', { name: 'Pay $25' }).getAttribute('href');
  assert.equal((await fetch(checkout, { method: 'POST' })).status, 200);
  assert.deepEqual((await browser.contexts()[0].cookies(`${emulator.address}/v1/keys`)).map(({ name }) => name), []);
});

test('A workspace is emptied, and a reset needs a confirmation', async () => {
  await open('/workspaces');
  const { workspaces } = await control('GET', 'workspaces');
  const card = page.locator('section.card').filter({ hasText: workspaces[0].id });
  await card.getByRole('button', { name: 'zero' }).click();
  await eventually(async () => (await control('GET', `workspaces/${workspaces[0].id}`)).balance_micro_usd === 0);

  await open('/state');
  await page.getByRole('button', { name: 'Reset everything' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  assert.ok((await control('GET', 'sessions')).sessions.length > 0);
  await page.getByRole('button', { name: 'Reset everything' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Reset everything' }).click();
  await page.getByText('Everything was reset.').waitFor();
  assert.equal((await control('GET', 'sessions')).sessions.length, 0);
});

test('Every page is accessible in both themes and on a phone', { timeout: 120_000 }, async () => {
  const session = await (await emulator.request('POST', '/v1/sessions', testKey, {})).json();
  await control('POST', 'faults', { preset: 'slow_network' });
  const found = [];
  for (const [name, path] of Object.entries({ ...pages, session: `/sessions/${session.id}` })) {
    await open(path);
    await page.evaluate(axe);
    for (const [theme, colorScheme, width] of [['light', 'light', 1280], ['dark', 'dark', 1280], ['phone', 'light', 390]]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${screenshots}/${name}-${theme}.png` });
      const { violations } = await page.evaluate(() => axe.run({ resultTypes: ['violations'] }));
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      found.push(...serious.map(({ id, nodes }) => `${name} ${theme}: ${id}: ${nodes[0].html}`));
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${name} ${theme} is wider than the screen.`);
    }
  }

  assert.deepEqual(found, []);
});

test('No page reported an error', () => assert.deepEqual(errors.filter(text => !/status of 4\d\d/.test(text)), []));
