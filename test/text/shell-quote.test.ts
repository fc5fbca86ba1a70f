import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellQuote } from '../../src/text/shell-quote.ts';

test.each(['10.0.0.1', 'fd00::1', 'eth0@if4', 'web-0.default.svc.cluster.local', '10.0.0.0/8'])(
  '%s is not quoted',
  (argument) => expect(shellQuote(argument)).toBe(argument),
);

const hostile = [
  '$(touch x)',
  "a'b'c",
  '`id`',
  'a b',
  'a;b',
  '',
  '*',
  '~',
  '"',
  '\\',
  'a\nb',
  '\x1b[0m',
  '#x',
  '!!',
  '&&',
  '日本',
];

test('sh returns every argument unchanged', () => {
  for (const argument of hostile) {
    const given = execFileSync('sh', ['-c', `printf %s ${shellQuote(argument)}`], { encoding: 'utf8' });
    expect(given).toBe(argument);
  }
});
