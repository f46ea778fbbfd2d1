// Runs the test suite of a peer, Playwright or Puppeteer, through the emulator, and the cases that fail directly against the same Chrome.
// Cases that fail only through the emulator run again, three times each way. If one fails more often through the emulator, it must be
// a known difference.
//   node trust/peers.mjs <path of the peer's sources, built> [test file ...]
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { serve, sources } from './peers/browsers.mjs';
import { differences } from './peers/differences.mjs';
import * as playwright from './peers/playwright.mjs';
import * as puppeteer from './peers/puppeteer.mjs';

const peers = { 'playwright-internal': playwright, 'puppeteer-repo': puppeteer };
const [path = '.', ...files] = process.argv.slice(2);
const root = resolve(path);

function readName() {
  try {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).name;
  } catch {
    return undefined;
  }
}

const peer = peers[readName()];
if (!peer) {
  console.error(`${root} has no sources of Playwright or Puppeteer. Pass the path of a checkout that is built as its documentation says.`);
  process.exit(2);
}

const count = (found, wanted) => found?.statuses.filter(status => status === wanted).length ?? 0;

/** Runs cases with browsers of a source. Returns them by name. */
async function run(source, places, options) {
  const began = performance.now(), browsers = await serve(await sources[source].start(peer.hosts));
  try {
    const cases = await peer.run(root, browsers.address, places, options);
    const figures = ['passed', 'failed', 'skipped'].map(status => `${cases.filter(found => count(found, status)).length} ${status}`);
    console.log(`${source.padEnd(9)} ${cases.length} cases: ${figures.join(', ')}; ${((performance.now() - began) / 60_000).toFixed(1)} min`);
    return new Map(cases.map(found => [found.name, found]));
  } finally {
    await browsers.stop();
  }
}

const places = files.length ? files : peer.listFiles(root), fast = { times: 1, workers: 2 }, alone = { times: 3, workers: 1 };
const failed = [...(await run('emulator', places, fast)).values()].filter(found => count(found, 'failed'));
const direct = failed.length ? await run('direct', failed.map(({ place }) => place), fast) : new Map();
const suspects = failed.filter(({ name }) => !count(direct.get(name), 'failed'));

const unknown = [];
if (suspects.length) {
  console.log(`\n${suspects.length} cases failed only through the emulator. They run again, one at a time, three times each:`);
  const places = suspects.map(({ place }) => place);
  const emulatorAgain = await run('emulator', places, alone), directAgain = await run('direct', places, alone);
  for (const { name } of suspects) {
    const [failures, directFailures] = [emulatorAgain, directAgain].map(cases => count(cases.get(name), 'failed'));
    const known = differences.find(({ test }) => name.includes(test)), isDifferent = failures > directFailures;
    console.log(`  ${name}\n    failed ${failures} times through the emulator, ${directFailures} times directly${!isDifferent ? '' : known ? `; known: ${known.reason}` : '; NOT KNOWN'}`);
    if (!isDifferent || known) continue;
    unknown.push(name);
    console.log(stripVTControlCharacters(emulatorAgain.get(name).error ?? 'no error message').replace(/^/gm, '      '));
  }
}
console.log(`\nunknown differences: ${unknown.length}`);
process.exit(unknown.length ? 1 : 0);
