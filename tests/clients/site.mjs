// A small web site for the tests.
import { createServer } from 'node:http';

const home = `<!doctype html>
<meta name="viewport" content="width=device-width">
<title>Home</title>
<input id="name">
<button id="greet" onclick="greeting.textContent = 'Hello, ' + document.querySelector('#name').value">Greet</button>
<p id="greeting"></p>
<a id="download" href="/report.txt">Report</a>`;

export const report = 'line of a report\n'.repeat(1000);
export const largeSize = 1_000_000;

const routes = {
  '/': ['text/html', home],
  '/second': ['text/html', '<!doctype html><title>Second</title>'],
  '/large': ['text/plain', 'x'.repeat(largeSize)],
  '/report.txt': ['text/plain', report, { 'Content-Disposition': 'attachment; filename="report.txt"' }],
};

/** Starts the site. `url` is its base URL, without a trailing slash. */
export async function startSite() {
  const server = createServer((request, response) => {
    const [type, body, headers] = routes[request.url] ?? [];
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': type, ...headers }).end(body);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
