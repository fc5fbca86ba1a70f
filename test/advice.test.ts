import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import type { ReportFinding } from '../src/report/model/report.ts';

const PCAPS = 'test/pcaps';
/** Recordings of faults, each a folder of captures. */
const folders = readdirSync(PCAPS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const capturesOf = (folder: string): string[] =>
  readdirSync(join(PCAPS, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:pcap|pcapng)(?:\.gz)?$/.test(name))
    .map((name) => join(PCAPS, folder, name));

/** What stands for a value that the reader has to fill in. A substitution `$(…)` is filled in by the shell. */
const PLACEHOLDER = /<[a-z][^>]*>|\$\{?[A-Z]|\{[a-z]+\}/i;
const ONE_OF_MANY =
  /(?<![\d.])1 (?:connections|conversations|packets|times|others|sendings|SYNs|queries|lookups|attempts|endpoints|servers|requests|errors|octets|segments|ranges|datagrams)\b/;

const told = ({ message, why, fix, hypotheses }: ReportFinding): string[] => [
  message,
  why,
  ...fix,
  ...hypotheses.flatMap((one) => [one.cause, ...one.for, ...one.against]),
];

describe('what reports tell people to do, on every recording', () => {
  it.each(folders)('%s', async (folder) => {
    const { findings, triage, unseen } = await analyze(capturesOf(folder));
    for (const text of [...unseen, ...triage.map(({ because }) => because)]) expect(text).not.toMatch(ONE_OF_MANY);
    for (const finding of findings) {
      const commands = [...finding.confirm, ...finding.repairs];
      for (const { on, command } of commands) {
        expect(on, 'a machine, and no capture file').not.toMatch(/\.pcap|^$/);
        expect(`${on} ${command}`, 'real values').not.toMatch(PLACEHOLDER);
        expect(on, 'a machine has an address, and no port').not.toMatch(/^\d+\.\d+\.\d+\.\d+:\d+$|\]:\d+$/);
        expect(command, 'a capture filter names a host without port').not.toMatch(/\bhost \S+\.\d+:\d/);
      }
      for (const text of told(finding)) expect(text, 'a number and its noun agree').not.toMatch(ONE_OF_MANY);
      expect(finding.fix.join('\n')).not.toMatch(PLACEHOLDER);
      if (finding.level === 'note' || finding.class === 'capture') continue;
      expect(finding.fix, `${finding.ruleId} says what to do`).not.toEqual([]);
      expect(commands, `${finding.ruleId} says what to run`).not.toEqual([]);
    }
  });
});

describe('machines', () => {
  const machinesIn = async (...files: string[]): Promise<string[]> => {
    const { findings } = await analyze(files.map((name) => join(PCAPS, name)));
    return findings[0].confirm.map(({ on }) => on);
  };

  it('are named by the address that the tunnels prove, whatever the file is called', async () => {
    expect(
      await machinesIn('case-2/client__eth0.pcap', 'case-2/node1__enp26s0f0.pcap', 'case-2/node1__tunl0.pcap'),
    ).toContain('the node with 10.20.30.157');
  });

  it('have the name that the user gives', async () => {
    const files = ['client__eth0', 'node1__enp26s0f0', 'node1__tunl0'].map((name) =>
      join(PCAPS, `case-2/${name}.pcap`),
    );
    const points = {
      [files[1]]: { host: 'worker-7', interface: 'enp26s0f0' },
      [files[2]]: { host: 'worker-7', interface: 'tunl0' },
    };
    const { findings } = await analyze(files, { points });
    expect(findings[0].confirm.map(({ on }) => on)).toContain('worker-7');
  });
});
