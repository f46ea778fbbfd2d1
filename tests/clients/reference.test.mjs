// Runs the code of the reference page unchanged, except for the host, the session id and the key.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { clients, firstPage, withFolder } from './clients.mjs';
import { Emulator, eventually, newKey } from './emulator.mjs';

const page = readFileSync(new URL('reference/session-lifecycle.md', import.meta.url), 'utf8');
const snippets = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
  // One block of the page has two opening fences.
  .map(([, language, code]) => ({ language, code: code.replace(/^```\w+\n/, '') }));
const idOnPage = page.match(/sess_[0-9a-f-]{36}/)[0];

const snippet = (language, containing) => snippets.find(each => each.language === language && each.code.includes(containing)).code;
const isInstalled = (...command) => {
  try {
    execFileSync(command[0], command.slice(1), { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

let emulator;
const withEmulatorUrl = code => code.replaceAll('https://api.chaser.sh', emulator.address);

/** Runs a program. Returns its output and exit code. */
function run(program, args, environment) {
  return new Promise(resolve => execFile(program, args, { env: { ...process.env, ...environment }, timeout: 30_000 },
    (error, stdout, stderr) => resolve({ stdout, stderr, code: error ? error.code : 0 })));
}

describe('The shell commands of the reference page', {
  timeout: 60_000,
  skip: !isInstalled('jq', '--version') && 'jq is not installed',
}, () => {
  const key = newKey();
  let id;
  before(async () => emulator = await Emulator.start());
  after(() => emulator.stop());

  const bash = containing => run('bash', ['-c', withEmulatorUrl(snippet('bash', containing)).replaceAll(idOnPage, id)], { CHASER_KEY: key, SESSION_ID: id });
  const keysOnPage = containing => Object.keys(JSON.parse(snippet('json', containing)));

  test('Creation returns the documented fields in the documented order', async () => {
    const { stdout } = await bash('-X POST');
    const created = JSON.parse(stdout);
    id = created.id;
    assert.deepEqual(Object.keys(created), keysOnPage('"creating"'));
    assert.equal(created.status, 'creating');
  });

  test('Polling ends when the session is ready', async () => {
    const { stdout, code } = await bash('while true');
    assert.equal(code, 0);
    assert.match(stdout, /^(Status: creating\n)*Status: ready\n$/);
  });

  test('GET returns status, cdp_url and device', async () => {
    const { stdout } = await bash('{status, cdp_url, device');
    const resource = JSON.parse(stdout);
    assert.deepEqual(Object.keys(resource), keysOnPage('"ready"'));
    assert.equal(resource.status, 'ready');
    assert.ok(resource.cdp_url.endsWith(`/sessions/${id}`));
    assert.match(resource.device, /^Android 10 - Chrome \d+ \((Mobile|Tablet)\)$/);
  });

  test('Deletion returns 204, and 409 the second time', async () => {
    assert.equal((await bash('-X DELETE')).stdout, '\nHTTP 204\n');
    assert.match((await bash('-X DELETE')).stdout, /\nHTTP 409\n$/);
  });
});

describe('The program of the reference page', {
  timeout: 60_000,
  skip: !isInstalled('openssl', 'version') && 'openssl is not installed',
}, () => {
  const key = newKey();
  let example;
  before(async () => {
    example = await startExample();
    emulator = await Emulator.start(...example.settings);
  });
  after(async () => {
    await emulator.stop();
    example.stop();
  });

  test('It uses its session until the session is deleted', () => withFolder(async folder => {
    // The TypeScript snippet is valid JavaScript. The symlink lets it find the npm packages of the tests.
    const program = join(folder, 'program.mjs');
    await writeFile(program, withEmulatorUrl(snippet('typescript', 'connectOverCDP')));
    await symlink(fileURLToPath(new URL('../node_modules', import.meta.url)), join(folder, 'node_modules'));
    let ended;
    const end = run(process.execPath, [program], { CHASER_KEY: key }).then(result => ended = result);

    const sessions = async () => (await (await emulator.request('GET', '/v1/sessions', key)).json()).data;
    const [session] = await eventually(sessions, list => list[0]?.status === 'ready');
    const browser = await clients[0].connect(session.cdp_url);
    const sessionPage = await firstPage(clients[0], browser);
    await eventually(() => ended || sessionPage.url() === 'https://www.example.com/');
    assert.equal(ended, undefined, ended?.stderr);
    assert.equal(await sessionPage.title(), 'Example Domain');

    // The program never disconnects, so it runs until the session ends.
    await emulator.request('DELETE', `/v1/sessions/${session.id}`, key);
    assert.equal((await end).code, 0, ended.stderr);
  }));
});

/** Starts a local copy of www.example.com. Returns the settings that make the browser use it. */
function startExample() {
  return withFolder(async folder => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-keyout', key, '-out', cert, '-subj', '/CN=www.example.com'], { stdio: 'ignore' });
    const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Example Domain</title>');
    });
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    return {
      settings: [
        // Bypass the egress proxy: behind it, the emulator resolves names, not the browser.
        'Browsers:Arguments:0=--proxy-bypass-list=www.example.com;<-loopback>',
        `Browsers:Arguments:1=--host-resolver-rules=MAP www.example.com 127.0.0.1:${server.address().port}`,
        'Browsers:Arguments:2=--ignore-certificate-errors',
      ],
      stop() {
        server.closeAllConnections();
        server.close();
      },
    };
  });
}
