import { describe, expect, test } from 'vitest';
import { analyze } from '../src/analyze.ts';
import { formatText } from '../src/report/formats/text.ts';
import { pcapFile, pcapngFile } from './support/capture-bytes.ts';
import { ethernet, ipv4, tcp } from './support/frames.ts';

const START = 1_700_000_000;

/** A SYN, its number the same for repeats. @param at seconds */
const syn = (at: number, sourcePort = 40000) => ({
  seconds: START + at,
  nanoseconds: 0,
  frame: ethernet(
    {},
    ipv4(
      { source: '10.244.1.5', destination: '10.244.2.7' },
      tcp({ sourcePort, destinationPort: 5000, seq: 1000, flags: 'S' }),
    ),
  ),
});
/** Something that goes on, so that the capture does not end with the last SYN. */
const later = syn(30, 50000);

const silent = [0, 1, 3, 7].map((at) => syn(at));
const report = (data: Uint8Array, name = 'eth0.pcapng') => analyze({ name, data });
const unseenText = (text: string) => text.slice(text.indexOf('What this report could not see')).replace(/\s+/g, ' ');

describe('four unanswered SYNs', () => {
  test('prove nothing in a capture that dropped 5,000 packets, and the report says why', async () => {
    const { verdict, triage, rules } = await report(pcapngFile([...silent, later], [{ dropped: 5000 }]));
    expect(verdict).toBeNull();
    expect(rules.find(({ ruleId }) => ruleId === 'syn-no-reply')).toMatchObject({ status: 'gated', code: 'dropped' });
    expect(triage.find((row) => row.class === 'port-unreachable')).toMatchObject({
      verdict: 'not-assessable',
      code: 'gated',
      because: 'syn-no-reply cannot be judged: 5,000 packets dropped while eth0 was captured, 5 captured',
    });
    expect(JSON.stringify(triage)).not.toContain('no attempt to open');
  });

  test.each([{ dropped: 0 }, {}])('are a fault if the file records %o', async (one) => {
    const { verdict, rules } = await report(pcapngFile([...silent, later], [one]));
    expect(verdict?.ruleId).toBe('syn-no-reply');
    expect(rules.filter(({ status }) => status === 'gated')).toEqual([]);
  });
});

describe('drops', () => {
  test('are unknown in a pcap file, and the report says so', async () => {
    const found = await report(pcapFile(silent), 'eth0.pcap');
    expect(found.unseen).toContain(
      'whether packets were dropped during the capture is not known: eth0.pcap does not say',
    );
    expect(unseenText(formatText(found, { verbose: true }))).not.toContain('no drops');
    expect(unseenText(formatText({ ...found, unseen: [] }, { verbose: true }))).toContain('drops are unknown');
  });

  test('are reported as none if the file records none', async () => {
    const found = await report(pcapngFile(silent, [{ dropped: 0 }]));
    expect(found.unseen.join()).not.toContain('dropped');
    expect(unseenText(formatText({ ...found, unseen: [] }, { verbose: true }))).toContain('no drops');
  });
});
