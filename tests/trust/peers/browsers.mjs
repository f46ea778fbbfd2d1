// Two sources of browsers for the test suite of a peer: sessions of the emulator, and the same Chrome without the emulator.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Emulator, eventually } from '../../clients/emulator.mjs';

// The emulator's way to its browsers, and what makes the proxy the only way to the network.
const ownArguments = /^--(remote-debugging-|user-data-dir|proxy-|host-resolver-rules|webrtc-ip-|force-webrtc-ip-)/;

/** Creates one session for each browser. `hosts` are host names that are on this machine. */
class EmulatorBrowsers {
  static async start(hosts) {
    const browsers = new EmulatorBrowsers();
    browsers.emulator = await Emulator.start('Cdp:AdditionalContexts=allow', 'Limits:Concurrent=0', 'Limits:CreatesPerMinute=0', 'Sessions:IdleSeconds=86400',
      ...hosts.map((host, index) => `Egress:Hosts:${index}=${host}=127.0.0.1`));
    return browsers;
  }

  async create() {
    const session = await this.emulator.readySession();
    return { url: session.cdpUrl, end: () => session.delete() };
  }

  stop() {
    return this.emulator.stop();
  }
}

/** Starts a Chrome for each browser, with the arguments that the emulator gives to its own. */
class DirectBrowsers {
  static async start(hosts) {
    const browsers = new DirectBrowsers();
    const emulator = await Emulator.start();
    const { browser_pid: pid } = await (await emulator.readySession()).inspect();

    // Chrome replaces its command line by one with spaces between the arguments.
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    [browsers.path, ...browsers.arguments] = commandLine.split(/ (?=--|about:blank$)/).filter(argument => !ownArguments.test(argument));
    browsers.arguments.unshift(`--host-resolver-rules=${hosts.map(host => `MAP ${host} 127.0.0.1`)}`);
    await emulator.stop();
    return browsers;
  }

  async create() {
    const profile = mkdtempSync(join(tmpdir(), 'chaser-emu-peers-'));
    const chrome = spawn(this.path, ['--remote-debugging-port=0', `--user-data-dir=${profile}`, ...this.arguments]);
    const exited = once(chrome, 'exit');
    let log = '';
    chrome.stderr.setEncoding('utf8').on('data', text => log += text);
    const url = await eventually(() => log.match(/DevTools listening on (\S+)/)?.[1]);
    const end = async () => {
      chrome.kill('SIGKILL');
      await exited;
      rmSync(profile, { recursive: true, maxRetries: 10 });
    };
    return { url, end };
  }

  stop() {}
}

export const sources = { direct: DirectBrowsers, emulator: EmulatorBrowsers };

/** Serves browsers of a source over HTTP: POST creates one and answers `{ id, url }`, DELETE /<id> ends it. */
export async function serve(source) {
  const open = new Map();
  let last = 0;
  const end = async id => {
    const browser = open.get(id);
    open.delete(id);
    await browser?.end();
  };
  const server = createServer(async (request, response) => {
    try {
      if (request.method === 'POST') {
        const id = `${++last}`, browser = await source.create();
        open.set(id, browser);
        response.end(JSON.stringify({ id, url: browser.url }));
      } else {
        await end(request.url.slice(1));
        response.writeHead(204).end();
      }
    } catch (error) {
      response.writeHead(500).end(error.message);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const stop = async () => {
    server.close();
    await Promise.all([...open.keys()].map(end));
    await source.stop();
  };
  return { address: `http://127.0.0.1:${server.address().port}`, stop };
}
