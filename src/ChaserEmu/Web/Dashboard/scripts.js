// The first scripts that a person copies. `url` is the address of the API, `key` a key that it accepts.
const javascript = (url, key, before, connect, after) => `${before}
const api = '${url}/v1/sessions', headers = { authorization: 'Bearer ${key}', 'content-type': 'application/json' };
let session = await (await fetch(api, { method: 'POST', headers, body: '{}' })).json();
do {
  await new Promise(done => setTimeout(done, 500));
  session = await (await fetch(\`\${api}/\${session.id}\`, { headers })).json();
} while (session.status === 'creating');
${connect}
await page.goto('https://example.com');
console.log(await page.title());
await browser.${after}();
await fetch(\`\${api}/\${session.id}\`, { method: 'DELETE', headers });
`;

const overCdp = name => (url, key) => javascript(url, key, `import { chromium } from '${name}';`, `const browser = await chromium.connectOverCDP(session.cdp_url);
const page = browser.contexts()[0].pages()[0];`, 'close');

export const scripts = {
  'Playwright Test': (url, key) => `import { chromium, expect, test } from '@playwright/test';

const sessions = '${url}/v1/sessions', headers = { authorization: 'Bearer ${key}' };

test('a session opens a page', async ({ request }) => {
  const { id, cdp_url } = await (await request.post(sessions, { headers })).json();
  const session = async () => (await request.get(\`\${sessions}/\${id}\`, { headers })).json();
  await expect.poll(async () => (await session()).status).toBe('ready');

  const browser = await chromium.connectOverCDP(cdp_url);
  const page = browser.contexts()[0].pages()[0];
  await page.goto('https://example.com');
  await expect(page).toHaveTitle('Example Domain');
  await browser.close();
  await request.delete(\`\${sessions}/\${id}\`, { headers });
});
`,
  Playwright: overCdp('playwright-core'),
  patchright: overCdp('patchright-core'),
  Puppeteer: (url, key) => javascript(url, key, "import puppeteer from 'puppeteer-core';", `const browser = await puppeteer.connect({ browserWSEndpoint: session.cdp_url, defaultViewport: null });
const [page] = await browser.pages();`, 'disconnect'),
  Python: (url, key) => `import time, requests
from playwright.sync_api import sync_playwright

api, headers = "${url}/v1/sessions", {"Authorization": "Bearer ${key}"}
session = requests.post(api, json={}, headers=headers).json()
while session["status"] == "creating":
    time.sleep(0.5)
    session = requests.get(f"{api}/{session['id']}", headers=headers).json()
with sync_playwright() as playwright:
    browser = playwright.chromium.connect_over_cdp(session["cdp_url"])
    page = browser.contexts[0].pages[0]
    page.goto("https://example.com")
    print(page.title())
requests.delete(f"{api}/{session['id']}", headers=headers)
`,
  '.NET': (url, key) => `using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;

using var api = new HttpClient { BaseAddress = new Uri("${url}/") };
api.DefaultRequestHeaders.Authorization = new("Bearer", "${key}");
var created = await api.PostAsJsonAsync("v1/sessions", new { });
var session = await created.Content.ReadFromJsonAsync<JsonElement>();
var id = session.GetProperty("id").GetString();
do
{
    await Task.Delay(500);
    session = await api.GetFromJsonAsync<JsonElement>($"v1/sessions/{id}");
} while (session.GetProperty("status").GetString() == "creating");
using var playwright = await Playwright.CreateAsync();
await using var browser = await playwright.Chromium.ConnectOverCDPAsync(session.GetProperty("cdp_url").GetString()!);
var page = browser.Contexts[0].Pages[0];
await page.GotoAsync("https://example.com");
Console.WriteLine(await page.TitleAsync());
await api.DeleteAsync($"v1/sessions/{id}");
`,
  curl: (url, key) => `id=$(curl -s ${url}/v1/sessions -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '{}' | jq -r .id)
curl -s ${url}/v1/sessions/$id -H 'Authorization: Bearer ${key}'
curl -s ${url}/v1/sessions/$id -X DELETE -H 'Authorization: Bearer ${key}'
`,
};
