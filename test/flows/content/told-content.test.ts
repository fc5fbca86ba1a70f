import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tellContent } from './tell-content.ts';

/**
 * Each scenario of `told/*.txt`: a title after `==`, why it is told so after `;`, what both sides say (`tell-content.ts`), and
 * after `--` what of it is told: where the reading ended, the facts of a notable connection, and the counts of its protocol.
 * A person has read each line against what is said.
 */
const folder = join(import.meta.dirname, 'told');

for (const name of readdirSync(folder))
  describe(name, () => {
    for (const scenario of readFileSync(join(folder, name), 'utf8').split(/^== /m).slice(1)) {
      const [said, told = ''] = scenario.split(/^--\n/m);
      const [title, ...lines] = said.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
      test(title, () => expect(tellContent(lines)).toBe(told.trim()));
    }
  });
