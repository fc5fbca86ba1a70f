/** The completion scripts in the shells that they are for, by what a Tab gives. A shell that is not here is skipped. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/cli/analyze-arguments.ts';
import { COMMAND_NAMES } from '../../src/cli/command-table.ts';
import { bashScript } from '../../src/cli/completion/bash-script.ts';
import { fishScript } from '../../src/cli/completion/fish-script.ts';
import { offeredCommands } from '../../src/cli/completion/offered-words.ts';
import { zshScript } from '../../src/cli/completion/zsh-script.ts';
import { rules } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'node one.pcap'), '');
writeFileSync(join(folder, 'report.txt'), '');
const offered = offeredCommands(rules.map(({ id }) => id));
const script = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

describe.runIf(has('bash'))('bash', () => {
  const path = script('pcapdiag.bash', bashScript(offered));
  /** What bash offers for the last word. Bash itself splits words at "=". */
  const offers = (...words: string[]): string[] => {
    const array = words.map((word) => `'${word}'`).join(' ');
    const run = `source '${path}'; COMP_WORDS=(${array}); COMP_CWORD=${words.length - 1}; _pcapdiag; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['--norc', '-c', run], { cwd: folder, encoding: 'utf8' })
      .split('\n')
      .filter((word) => word !== '');
  };

  test('is syntactically right', () => {
    execFileSync('bash', ['-n', path]);
    expect(execFileSync('bash', ['--norc', '-c', `source '${path}'; complete -p pcapdiag`], { encoding: 'utf8' })).toBe(
      'complete -F _pcapdiag pcapdiag\n',
    );
  });

  test('commands, and files of the default command', () => {
    expect(offers('pcapdiag', 'an')).toEqual(['analyze']);
    expect(offers('pcapdiag', 'no')).toEqual(['node one.pcap']);
    expect(offers('pcapdiag', '')).toEqual(expect.arrayContaining([...COMMAND_NAMES, 'node one.pcap']));
  });

  test('options, values, files, rules, shells', () => {
    expect(offers('pcapdiag', 'analyze', '--form')).toEqual(['--format']);
    expect(offers('pcapdiag', '--form')).toEqual(['--format']);
    expect(offers('pcapdiag', 'analyze', '--format', '')).toEqual([...FORMATS]);
    expect(offers('pcapdiag', '-f', 'j')).toEqual(['json', 'junit']);
    expect(offers('pcapdiag', 'analyze', '--format', '=')).toEqual([...FORMATS]);
    expect(offers('pcapdiag', 'analyze', '--format', '=', 'm')).toEqual(['markdown']);
    expect(offers('pcapdiag', 'analyze', '--output', 'rep')).toEqual(['report.txt']);
    expect(offers('pcapdiag', 'analyze', 'nod')).toEqual(['node one.pcap']);
    expect(offers('pcapdiag', 'analyze', '--memory-limit', '')).toEqual([]);
    expect(offers('pcapdiag', 'explain', 'mtu-bl')).toEqual(['mtu-black-hole']);
    expect(offers('pcapdiag', 'explain', '--')).toContain('--list');
    expect(offers('pcapdiag', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offers('pcapdiag', 'plan', '--cni', 'kub')).toEqual(['kubenet']);
  });
});

describe.runIf(has('zsh'))('zsh', () => {
  const path = script('_pcapdiag', zshScript(offered));
  /** What stands on the line after Tab, as the shell then runs it. */
  const completed = (line: string): string => {
    const driver = `
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell 'PS1= PROMPT_EOL_MARK=; unsetopt beep; cd ${folder}; autoload -U compinit; compinit -u -D; source ${path}; pcapdiag() { print -r -- "<\${(j:|:)@}>" }; print rea''dy'
      zpty -r shell output '*ready*'
      zpty -w -n shell $'${line}\\t\\n'
      zpty -r shell output $'*<*>*'
      print -r -- $output
      zpty -d shell`;
    const said = execFileSync('zsh', ['-f', '-c', driver], {
      encoding: 'utf8',
      env: { ...process.env, TERM: 'dumb' },
    });
    return /<([^<>]*)>\s*$/.exec(said)?.[1] ?? said;
  };

  test('is syntactically right', () => {
    execFileSync('zsh', ['-f', '-n', path]);
  });

  test.each([
    ['pcapdiag ana', 'analyze'],
    ['pcapdiag nod', 'node one.pcap'],
    ['pcapdiag analyze nod', 'analyze|node one.pcap'],
    ['pcapdiag analyze --expo', 'analyze|--export-missing'],
    ['pcapdiag analyze --stri', 'analyze|--strict'],
    ['pcapdiag analyze --format ma', 'analyze|--format|markdown'],
    ['pcapdiag analyze --format=ma', 'analyze|--format=markdown'],
    ['pcapdiag analyze -f js', 'analyze|-f|json'],
    ['pcapdiag analyze --output rep', 'analyze|--output|report.txt'],
    ['pcapdiag explain mtu-bl', 'explain|mtu-black-hole'],
    ['pcapdiag plan --cni kub', 'plan|--cni|kubenet'],
    ['pcapdiag completion fi', 'completion|fish'],
  ])('%s and Tab', (line, words) => expect(completed(line)).toBe(words));
});

describe.runIf(has('fish'))('fish', () => {
  const path = script('pcapdiag.fish', fishScript(offered));
  const offers = (line: string): string[] =>
    execFileSync('fish', ['--no-config', '-c', `source '${path}'; complete -C '${line}'`], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, HOME: folder },
    })
      .split('\n')
      .map((offer) => offer.split('\t')[0])
      .filter((offer) => offer !== '');

  test('is syntactically right', () => {
    execFileSync('fish', ['--no-config', '-n', path]);
  });

  test('commands, files, options, values, rules, shells', () => {
    expect(offers('pcapdiag ana')).toEqual(['analyze']);
    expect(offers('pcapdiag no')).toEqual(['node one.pcap']);
    expect(offers('pcapdiag analyze --stri')).toEqual(['--strict']);
    expect(offers('pcapdiag --stri')).toEqual(['--strict']);
    expect(offers('pcapdiag analyze --format ')).toEqual([...FORMATS].sort());
    expect(offers('pcapdiag analyze -f js')).toEqual(['json']);
    expect(offers('pcapdiag analyze --output rep')).toEqual(['report.txt']);
    expect(offers('pcapdiag explain mtu-bl')).toEqual(['mtu-black-hole']);
    expect(offers('pcapdiag completion ')).toEqual(['bash', 'fish', 'zsh']);
    expect(offers('pcapdiag plan --cni kub')).toEqual(['kubenet']);
  });
});

test('which shells are here', ({ annotate }) => {
  const absent = ['bash', 'zsh', 'fish'].filter((shell) => !has(shell));
  if (absent.length > 0) annotate(`skipped, because they are not installed: ${absent.join(', ')}`);
});
