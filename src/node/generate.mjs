// Generates the types of requests and responses from the two OpenAPI documents: node src/node/generate.mjs [folder].
// A test fails if the committed files in src/node/src differ from what this prints.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = process.argv[2] ?? join(root, 'src/node/src');

for (const [contract, file] of [['docs/openapi-control.yaml', 'control-api.ts'], ['openapi.yaml', 'service-api.ts']])
  execFileSync(process.execPath, [join(root, 'tests/node_modules/openapi-typescript/bin/cli.js'), join(root, contract),
    '--output', join(folder, file), '--default-non-nullable', 'false'], { stdio: ['ignore', 'inherit', 'inherit'] });
