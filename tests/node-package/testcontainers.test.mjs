// Runs the image with Testcontainers for Node.js. Needs an engine's socket (DOCKER_HOST) and the name of a built image: docker/test.sh sets it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const image = process.env.CHASER_EMU_TEST_IMAGE;

test('An emulator in a container is started, controlled and stopped', { skip: !image && 'CHASER_EMU_TEST_IMAGE names no image.' }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'chaser-emu-node-'));
  t.after(() => rm(folder, { recursive: true }));
  execFileSync(process.execPath, [join(root, 'tests/node_modules/typescript/bin/tsc'), '-p', join(root, 'src/node'), '--outDir', join(folder, 'dist')], { stdio: 'inherit' });
  await mkdir(join(folder, 'node_modules'));
  await symlink(join(root, 'tests/node_modules/testcontainers'), join(folder, 'node_modules/testcontainers'));
  const { ChaserEmulatorContainer } = await import(join(folder, 'dist/testcontainers.mjs'));

  const container = await new ChaserEmulatorContainer(image).withSetting('Sessions:IdleSeconds', 5).withControlToken('only for tests').start();
  t.after(() => container.stop());
  const emulator = await container.connect();
  const session = await emulator.openSession(emulator.newKey());
  const { transitions } = await emulator.clock.advance({ seconds: 6 });

  assert.deepEqual(transitions.map(({ session_id, ended_reason }) => [session_id, ended_reason]), [[session.id, 'idle_expired']]);
  assert.equal((await fetch(new URL('/_emu/clock', container.address))).status, 401);
});
