// Writes docs/rules/*.md and the table of rules in docs/rules/README.md from each rule's `meta`: node docs/build-rules.mjs
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rulePage } from '../dist/cli/rule-page.js';
import { rules } from '../dist/index.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'rules');
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) rmSync(join(folder, name));
const examples = new Set(
  [...readFileSync(join(folder, '../examples.md'), 'utf8').matchAll(/^## ([a-z0-9-]+)$/gm)].map(([, id]) => id),
);
for (const meta of rules) writeFileSync(join(folder, `${meta.id}.md`), rulePage(meta) + exampleOf(meta));

function exampleOf({ id }) {
  return examples.has(id) ? `\n## Example\n\n[Packets of a recording](../examples.md#${id})\n` : '';
}

const rows = rules.map(
  ({ id, faultClass, level, summary }) => `| [\`${id}\`](${id}.md) | ${faultClass} | ${level} | ${summary} |`,
);
writeFileSync(
  join(folder, 'README.md'),
  `# Rules\n\nGenerated from the rules themselves by \`npm run docs\`.\n\n| rule | class | level | says |\n|---|---|---|---|\n${rows.join('\n')}\n`,
);
