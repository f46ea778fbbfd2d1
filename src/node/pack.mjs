// Builds the npm packages into artifacts/release/npm: chaseremu, and a platform package for each given publish folder.
//   node src/node/pack.mjs [--out folder] [platform=folder …]      such as linux-x64=artifacts/publish/linux-x64
// A publish folder is the output of "dotnet publish src/ChaserEmu". The packages of tests/ must be installed.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const source = join(root, 'src/node');

/** The fields of package.json with which npm installs the package of this machine only. Only linux-x64 is tested. */
const platforms = {
  'darwin-arm64': { os: ['darwin'], cpu: ['arm64'] },
  'darwin-x64': { os: ['darwin'], cpu: ['x64'] },
  'linux-arm64': { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] },
  'linux-musl-x64': { os: ['linux'], cpu: ['x64'], libc: ['musl'] },
  'linux-x64': { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
  'win-x64': { os: ['win32'], cpu: ['x64'] },
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string', default: join(root, 'artifacts/release/npm') } } });
const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
const version = (await readFile(join(root, 'Directory.Build.props'), 'utf8')).match(/<Version>(.+)<\/Version>/)[1];
for (const [name, given] of [['version', manifest.version], ...Object.entries(manifest.optionalDependencies)])
  if (given !== version) throw new Error(`src/node/package.json has ${name} ${given}, but Directory.Build.props has ${version}. Make them equal.`);

await mkdir(values.out, { recursive: true });
const staging = await mkdtemp(join(tmpdir(), 'chaser-emu-pack-'));
try {
  await rm(join(source, 'dist'), { recursive: true, force: true });
  execFileSync(process.execPath, [join(root, 'tests/node_modules/typescript/bin/tsc'), '-p', source], { stdio: 'inherit' });
  const folder = join(staging, 'chaseremu');
  for (const name of ['package.json', 'README.md', 'dist']) await cp(join(source, name), join(folder, name), { recursive: true });
  await cp(join(root, 'CHANGELOG.md'), join(folder, 'CHANGELOG.md'));
  await pack(folder);

  for (const argument of positionals) await packPlatform(...argument.split('='));
} finally {
  await rm(staging, { recursive: true });
}

async function packPlatform(platform, publish) {
  if (!platforms[platform]) throw new Error(`Unknown platform '${platform}'. Use one of: ${Object.keys(platforms).join(', ')}.`);
  const program = platform.startsWith('win-') ? 'ChaserEmu.exe' : 'ChaserEmu';
  if (!publish || !existsSync(join(publish, program))) throw new Error(`'${publish}' has no ${program}. Give the output folder of 'dotnet publish src/ChaserEmu'.`);
  const folder = join(staging, platform);
  // npm packs no symbolic links.
  await cp(resolve(publish), join(folder, 'bin'), { recursive: true, dereference: true, filter: path => !path.endsWith('.pdb') });
  const experimental = platform === 'linux-x64' ? '' : ' Experimental: this platform is not tested.';
  await writeFile(join(folder, 'package.json'), JSON.stringify({
    name: `@chaseremu/${platform}`, version, license: manifest.license, files: ['bin'], preferUnplugged: true,
    description: `The program of the ChaserEmu browser-session emulator for ${platform}.${experimental} Install the package chaseremu instead.`,
    ...platforms[platform],
  }, null, 2));
  await writeFile(join(folder, 'README.md'), `# @chaseremu/${platform}\n\nThe program of the ChaserEmu browser-session emulator for ${platform}.${experimental} Install the package \`chaseremu\`: npm then installs this one.\n`);
  await pack(folder);
}

async function pack(folder) {
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(values.out)], { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' });
  const [{ filename, size }] = JSON.parse(output);
  console.log(`${join(values.out, basename(filename))}  ${(size / 1e6).toFixed(2)} MB`);
}
