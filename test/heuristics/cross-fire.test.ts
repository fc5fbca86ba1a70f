import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analyze.ts';

const PCAPS = 'test/pcaps';

/**
 * Every capture of `test/pcaps` is judged by every rule, alone and together with its folder. A new rule shows here what
 * else it fires on: ● error, ◐ warning, ○ note, ↳ a symptom that a cause explains.
 */
describe('every rule on every capture', () => {
  it('finds what the matrix says', async () => {
    const lines: string[] = [];
    const folders = readdirSync(PCAPS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const folder of folders.map((entry) => entry.name).sort()) {
      const files = readdirSync(join(PCAPS, folder))
        .filter((name) => name.endsWith('.pcap'))
        .sort();
      lines.push(`${folder} (all)`.padEnd(48) + (await findingsOf(files.map((name) => join(PCAPS, folder, name)))));
      for (const name of files) lines.push(`  ${name}`.padEnd(48) + (await findingsOf([join(PCAPS, folder, name)])));
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('cross-fire.txt');
  });
});

async function findingsOf(sources: string[]): Promise<string> {
  const { findings } = await analyze(sources);
  const marks = findings.map(
    ({ ruleId, level, explainedBy }) =>
      `${explainedBy !== null ? '↳' : level === 'error' ? '●' : level === 'warning' ? '◐' : '○'} ${ruleId}`,
  );
  return marks.length === 0 ? '·' : marks.join('  ');
}
