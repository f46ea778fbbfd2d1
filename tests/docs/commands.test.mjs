// Runs the commands in the documents, with the address of a test emulator. Commands that cannot run here must be in docs/commands-by-hand.md.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { Emulator, program } from '../clients/emulator.mjs';
import { blocksOf, byHand, documents, inlineOf, plain, root } from './commands.mjs';

/** The commands that run here and their expected output. All other commands must be in docs/commands-by-hand.md. */
const outcomes = [
  [/^export \w+=/, /^$/],
  [/^cat > \S+ <<'JS'/, /^$/],
  [/^npx playwright test first\.spec\.mjs$/, /1 passed/],
  [/^node (patchright|puppeteer)\.mjs$/, /^Hello( from a session)?\n204\n$/],
  [/^curl -s \S+\/readyz$/, /"status":"ok"/],
  [/^curl -s \S+\/v1\/sessions -X POST .*\| jq$/, /"status": "creating"/],
  [/^curl -s \S+\/v1\/sessions -H .* -d /, /"status":"creating"/],
  [/^curl \S+ \S+\/_emu\/clock\/advance /, /^\{"now":"[^"]+","transitions":\[\{"session_id":"sess_[^"]+","status":"closed","ended_reason":"idle_expired","at":"[^"]+"\}\]\}$/],
  [/^curl \S+ \S+\/_emu\/faults -d '\{"preset"/, /^\[\{"id":"fault_.+"effect":/],
  [/^curl \S+ \S+\/_emu\/workspaces\/ws_default -X PUT /, /"balance_micro_usd":0\b.*"concurrent":2\b/],
  [/^curl \S+ \S+\/_emu\/faults -d /, /^\{"id":"fault_.+"effect":/],
  [/^curl \S+ \S+\/_emu\/faults$/, /"fired":0/],
  [/^curl \S+ -X DELETE \S+\/_emu\/faults$/, /^$/],
  [/^curl \S+ \S+\/_emu\/journal\?/, /"operation":"createSession"/],
  [/^curl \S+ \S+\/_emu\/journal\/deviations$/, /"kind":"unknown_field"/],
  [/^curl \S+ \S+\/_emu\/journal\/verify -d /, /"count":1\b/],
  [/^curl \S+ \S+\/_emu\/journal\/cdp -X PUT /, /"recording":"bodies"/],
  [/^curl \S+ \S+\/_emu\/journal\/cdp\?/, /"method":"Page.navigate"/],
  [/^curl \S+ \S+\/_emu\/journal\/cdp\/verify -d /, /"count":1\b/],
  [/^curl \S+ \S+\/_emu\/reset -d /, /^\{"workspaces":1,"sessions":\d+\}$/],
  [/^curl \S+ \S+\/_emu\/state > state\.json$/, /^$/],
  [/^curl \S+ \S+\/_emu\/state -X PUT /, /^\{"workspaces":\d+,"keys":\d+,"sessions":\d+,"abandoned":\d+\}$/],
  [/^curl \S+ \S+\/v1\/billing\/topup /, /"checkout_url":"/],
  [/^curl -sN \S+\/_emu\/events/, /^data: /m],
  [/^curl -sN \S+\/v1\/audit\/stream /, /^data: /m],
  [/^curl --cacert \S+ https:\S+\/readyz$/, /"status":"ok"/],
  [/^chaseremu cert( --service-hosts)?$/, /ca\.pem/],
  [/^chaseremu doctor$/, /browser/i],
  [/^chaseremu --help$/, /chaseremu \[command\]/],
  [/^chaseremu openapi /, /^$/],
  [/^chaseremu up -d$/, /^The emulator is ready at http:\S+ \(process \d+\)\./],
  [/^eval "\$\(chaseremu env\)"$/, /^$/],
  [/^chaseremu sessions ls$/, /^SESSION +STATUS/],
  [/^chaseremu clock advance 30m$/, /^\d{4}-\d\d-\d\d /],
  [/^chaseremu faults add rate_limit_storm$/, /^ID +EFFECT/],
  [/^chaseremu calls verify /, /^Verified: \d+ calls? match/],
  [/^chaseremu down$/, /^The emulator has stopped|^No emulator of 'chaseremu up' is running/],
  [/^eval "\$\(chaseremu completion bash\)"$/, /^$/],
  [/^chaseremu conform \S+ \S+ --key cha_test_conform --only /, / 0 failed/],
  [/^(OTEL\S+ )?chaseremu( --urls \S+| --Mcp:Enabled=true)?$/, /listens on/],
  [/^npx @modelcontextprotocol\/inspector --cli chaseremu mcp /, /"advance_clock"/],
  [/^bash session\.sh$/, /^\S*Chrom\S+\nready, .+, ws:\/\/127\.0\.0\.1:\d+\/sessions\/sess_\S+\nclosed: client_delete\n$/],
  [/^python3 retry\.py$/, /Ran 1 test/],
  [/^npx tsc /, /^$/],
  [/^node build\/playwright\.js$/, /^Hello - clicked - Android .+\nclosed\n$/],
  [/^node --test build\/expired\.js$/, /pass 1/],
];

/** What must happen before a command, so that the command has something to show. */
const before = [
  ['docs/control-plane.md', /\/clock\/advance/, reader => reader.create({})],
  ['docs/control-plane.md', /\/journal\?/, reader => reader.create({ ttl_seconds: 1800 })],
  ['docs/control-plane.md', /\/journal\/deviations/, reader => reader.create({ ttl: 1800 })],
  ['README.md', /\/journal\/cdp\/verify/, reader => reader.navigate('about:blank')],
  ['docs/control-plane.md', /\/journal\/cdp\?/, reader => reader.navigate('about:blank')],
  ['docs/fidelity.md', /\/audit\/stream/, reader => reader.pay()],
];

const outcomeOf = command => outcomes.find(([form]) => form.test(plain(command)))?.[1];
const inTable = new Set(byHand().map(({ command }) => command));
const commands = new Map(documents.map(document => [document, [...new Set([...blocksOf(document).flat(), ...inlineOf(document)])]]));
const missing = ['jq', 'python3'].filter(name => spawnSync(name, ['--version']).status !== 0);

test('Every command in the documents is run here or was run by hand', () => {
  for (const [document, all] of commands)
    assert.deepEqual(all.filter(command => !inTable.has(plain(command)) && !outcomeOf(command)).map(plain), [], document);
});

test('Every command that was run by hand is in a document and has a date and an outcome', () => {
  const documented = new Set([...commands.values()].flat().map(plain));
  assert.deepEqual([...inTable].filter(command => !documented.has(command)), []);
  assert.deepEqual(byHand().filter(({ when, outcome }) => !/^\d{4}-\d\d-\d\d$/.test(when) || !outcome), []);
});

for (const [document, all] of commands) {
  const runHere = all.filter(command => !inTable.has(plain(command)) && outcomeOf(command));
  if (runHere.length > 0) test(document, async t => {
    const reader = await Reader.create(t);
    for (const command of runHere)
      await t.test(plain(command).slice(0, 120), { skip: missing.some(name => command.includes(name)) && `${missing} is not installed` }, async () => {
        for (const [where, form, act] of before) if (document === where && form.test(command)) await act(reader);
        assert.match(await reader.run(command, outcomeOf(command)), outcomeOf(command));
      });
  });
}

/** Acts as a reader: has a temporary folder with the examples, a running emulator, and chaseremu on the PATH. */
class Reader {
  #exports = '';
  #runningChild;

  static async create(t) {
    const reader = new Reader();
    reader.folder = await mkdtemp(join(tmpdir(), 'chaser-emu-docs-'));
    t.after(() => reader.dispose());
    reader.emulator = await Emulator.start();
    await cp(join(root, 'examples'), reader.folder, { recursive: true });
    await symlink(join(root, 'tests/node_modules'), join(reader.folder, 'node_modules'));
    await writeFile(join(reader.folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(reader.folder, 'chaseremu'), `#!/bin/sh\nexec dotnet '${program}' "$@"\n`, { mode: 0o755 });
    // curl must fail on every HTTP error, but retry a 503 while the emulator is not ready.
    await writeFile(join(reader.folder, '.curlrc'), 'fail-with-body\nretry = 30\nretry-delay = 1\n');
    return reader;
  }

  /** Runs a command and returns its output. A server keeps running; a stream is ended when it has printed the expected output. */
  async run(command, outcome) {
    if (/^export /.test(command)) this.#exports += `${command}\n`;
    const serves = outcome.source === 'listens on';
    if (serves) await this.#stopChild();
    // Without NODE_TEST_CONTEXT a nested test runner reports itself and exits with its own status.
    const { NODE_TEST_CONTEXT, ...inherited } = process.env;
    const child = spawn('bash', ['-c', this.#exports + this.#withTestAddress(command, serves)], {
      cwd: this.folder, detached: true, timeout: 120_000,
      env: { ...inherited, CHASER_EMU: this.emulator.address, ASPNETCORE_URLS: 'http://127.0.0.1:0', CHASER_EMU_URL: this.emulator.address, XDG_STATE_HOME: join(this.folder, 'state'), ...(command.startsWith('curl') && { CURL_HOME: this.folder }), PATH: `${this.folder}:${process.env.PATH}` },
    });
    let output = '', finished = false;
    const status = await new Promise((done, failed) => {
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => {
        output += text;
        if (finished || !(serves || command.includes('curl -sN')) || !outcome.test(output)) return;
        finished = true;
        this.#runningChild = child;
        if (!serves) this.#stopChild();
        done(0);
      });
      child.once('error', failed).once('close', (code, signal) => done(code ?? signal));
    });
    assert.equal(status, 0, output);
    if (serves) this.servedPort = output.match(/listens on \w+:\/\/[^ ]*:(\d+)/)[1];
    return this.output = output;
  }

  /** Replaces the addresses in a command by those of this test. */
  #withTestAddress(command, serves) {
    return command.replaceAll('http://127.0.0.1:8080', this.emulator.address)
      .replaceAll('https://localhost:8443', serves ? 'https://127.0.0.1:0' : `https://localhost:${this.servedPort}`);
  }

  async create(body) {
    const response = await this.emulator.request('POST', '/v1/sessions', 'cha_live_my-laptop', body);
    assert.equal(response.status, 201, await response.text());
  }

  async navigate(url) {
    const { cdp_url } = await (await this.emulator.request('POST', '/v1/sessions', 'cha_live_my-laptop', {})).json();
    const browser = await chromium.connectOverCDP(cdp_url);
    await browser.contexts()[0].pages()[0].goto(url);
    await browser.close();
  }

  /** Pays the top-up of the last output. */
  async pay() {
    const { checkout_url } = JSON.parse(this.output);
    assert.equal((await fetch(checkout_url, { method: 'POST' })).status, 200);
  }

  /** Ends a server or stream that still runs. */
  async #stopChild() {
    const child = this.#runningChild;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    process.kill(-child.pid);
    await closed;
  }

  async dispose() {
    await this.#stopChild();
    spawnSync(join(this.folder, 'chaseremu'), ['down'], { env: { ...process.env, XDG_STATE_HOME: join(this.folder, 'state') } });
    await this.emulator?.stop();
    await rm(this.folder, { recursive: true });
  }
}
