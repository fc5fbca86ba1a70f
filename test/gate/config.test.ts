import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { EVIDENCE_CLASSES } from '../../src/cli/option-values.ts';
import { readBaseline } from '../../src/gate/baseline.ts';
import { readConfig } from '../../src/gate/config.ts';
import { JUDGED_CLASSES } from '../../src/gate/gate-settings.ts';
import { TRIAGE_CLASSES } from '../../src/heuristics/judge/triage.ts';

const validator = (name: string) =>
  new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(`schema/${name}.json`, 'utf8')),
  );
const isConfig = validator('config');
const isBaseline = validator('baseline');

const CONFIG = `
$schema: https://unpkg.com/pcapdiag/schema/config.json
failOn: warning
maxWarnings: 0
requireEvidence: [dns, cni]
baseline: ci/pcapdiag-baseline.json
rules:
  dns-slow: off
  tls-handshake-failed: warning
cluster:
  serviceCidrs: 10.96.0.0/12
  nodes: { node1: [10.0.0.7, fd00::7], node2: 10.0.0.8 }
known:
  - rule: port-closed
    server: 10.96.0.10
    reason: the old port, ticket 7
    expires: 2027-01-31
`;

describe('pcapdiag.config', () => {
  test('is read as it is meant', async () => {
    expect(await readConfig(CONFIG, 'c.yml')).toEqual({
      $schema: 'https://unpkg.com/pcapdiag/schema/config.json',
      failOn: 'warning',
      maxWarnings: 0,
      requireEvidence: ['dns', 'cni'],
      baseline: 'ci/pcapdiag-baseline.json',
      rules: { 'dns-slow': 'off', 'tls-handshake-failed': 'warning' },
      cluster: { serviceCidrs: ['10.96.0.0/12'], nodes: { node1: ['10.0.0.7', 'fd00::7'], node2: ['10.0.0.8'] } },
      known: [
        {
          from: 'configuration',
          rule: 'port-closed',
          server: '10.96.0.10',
          reason: 'the old port, ticket 7',
          expires: '2027-01-31',
        },
      ],
    });
  });

  test.each([
    [CONFIG, true],
    ['{}', true],
    ['{"rules": {"dns-slow": false}}', true],
    ['known: []', true],
    ['failOn: fatal', false],
    ['maxWarnings: -1', false],
    ['maxWarnings: "3"', false],
    ['requireEvidence: [tcp]', false],
    ['rules: [dns-slow]', false],
    ['rules: { dns-slow: loud }', false],
    ['rule: {}', false],
    ['cluster: { pods: x }', false],
    ['known: [{ rule: dns-slow }]', false],
    ['known: [{ reason: x }]', false],
    ['known: [{ rule: dns-slow, reason: y, expires: soon }]', false],
    ['schemaVersion: 2', false],
    ['- a', false],
    ['""', false],
  ])('the schema and the reader agree on %j', async (content, isRight) => {
    expect(isConfig(parse(content))).toBe(isRight);
    const reading = readConfig(content, 'c.yml');
    if (isRight) await reading;
    else
      await expect(reading).rejects.toMatchObject({
        name: 'PcapdiagError',
        message: expect.stringMatching(/^c\.yml: /),
      });
  });

  test.each([
    ['rules: { dns-slow: loud }', 'c.yml: rules.dns-slow must be one of off, on, note, warning, error (line 1)'],
    [
      'known: [{ rule: dns-slow, reason: y, expires: 2027-02-30 }]',
      'c.yml: known[0].expires must be a date such as 2027-01-31 (line 1)',
    ],
    ['failOn: error\nknown:\n  - { rule: dns-slow, reason: "" }', 'c.yml: known[0].reason must be a text (line 3)'],
    ['known:\n\n  - reason: x', 'c.yml: known[0] needs a fingerprint or a rule (line 3)'],
    [
      'rules:\n  dns-slow: off\n  mtu-blackhole: off',
      'c.yml: rules.mtu-blackhole: no rule is called "mtu-blackhole"; did you mean mtu-black-hole? (pcapdiag explain --list) (line 3)',
    ],
    [
      'known:\n  - reason: x\n    rule: port-close',
      'c.yml: known[0].rule: no rule is called "port-close"; did you mean port-closed? (pcapdiag explain --list) (line 3)',
    ],
    ['rules: { acme/many-syns: off }', 'c.yml: rules.acme/many-syns: no rule is called "acme/many-syns"'],
    ['wrong: 1', 'c.yml: wrong is not known here; known are '],
    ['failOn: error\nfailOn: note', 'c.yml: Map keys must be unique at line 2, column 1'],
    ['a: [1', 'c.yml: '],
  ])('%j: the message says where', async (content, message) =>
    expect(readConfig(content, 'c.yml')).rejects.toThrow(message),
  );

  test.each([
    ['{\n  "failOn": "error",\n}', 'c.json: no JSON: Expected double-quoted property name at line 3, column 1'],
    ['{\n  "failOn": "error"', 'c.json: no JSON: '],
    ['failOn: error', 'c.json: no JSON: '],
    ['{\n\t"rules": {\n\t\t"dns-slo": "off"\n\t}\n}', 'did you mean dns-slow? (pcapdiag explain --list) (line 3)'],
  ])('%j, as JSON: the message has the words of JSON, and the line', async (content, message) => {
    const reading = readConfig(content, 'c.json');
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(/line \d+/);
  });

  test('a rule that a program adds to the catalogue may be known', async () => {
    const content = 'known: [{ rule: acme/many-syns, reason: x }]';
    expect((await readConfig(content, 'c.yml')).known).toMatchObject([{ rule: 'acme/many-syns' }]);
  });

  test('aliases that would grow without end are refused', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`).join(',')}]`)
      .join('\n')}`;
    await expect(readConfig(bomb, 'c.yml')).rejects.toMatchObject({ code: 'bad-option' });
  });

  test('classes that evidence can be asked of are those on which every report has a verdict', () => {
    expect([...JUDGED_CLASSES]).toEqual([...TRIAGE_CLASSES]);
    expect([...EVIDENCE_CLASSES]).toEqual([...TRIAGE_CLASSES]);
  });
});

test('an entry of a baseline that names no rule is refused with its line', async () => {
  const entry = { fingerprint: 'f', rule: 'mtu-blackhole', level: 'error', about: 'tcp' };
  const content = JSON.stringify({ schemaVersion: 1, findings: [entry] }, null, 2);
  await expect(readBaseline(content, 'b.json')).rejects.toThrow(
    'b.json: findings[0].rule: no rule is called "mtu-blackhole"; did you mean mtu-black-hole? (pcapdiag explain --list) (line 6)',
  );
});

describe('a baseline', () => {
  const ENTRY = { fingerprint: 'f', rule: 'dns-slow', level: 'error', about: 'tcp' };
  test.each([
    [{ schemaVersion: 1, findings: [ENTRY, { ...ENTRY, reason: 'x', expires: '2027-01-31' }] }, true],
    [{ schemaVersion: 1, findings: [] }, true],
    [{ findings: [] }, false],
    [{ schemaVersion: 1, findings: [{ ...ENTRY, level: 'bad' }] }, false],
    [{ schemaVersion: 1, findings: [{ ...ENTRY, more: 1 }] }, false],
    [{ schemaVersion: 1, findings: [{ rule: 'dns-slow' }] }, false],
  ])('the schema and the reader agree: %#', async (content, isRight) => {
    expect(isBaseline(content)).toBe(isRight);
    const reading = readBaseline(JSON.stringify(content), 'b.json');
    if (isRight) expect((await reading).findings).toEqual(content.findings);
    else await expect(reading).rejects.toThrow(/^b\.json: /);
  });
});
