import { describe, expect, test } from 'vitest';
import { holdsOnlyRests, looksFiltered } from '../../../../src/heuristics/facts/sizes/filtered-fragments.ts';
import {
  arp,
  connection,
  datagram,
  type EvidenceParts,
  echo,
  evidence,
  fragmented,
  point,
} from '../../../support/evidence.ts';

const quiet = point({ quality: { arpPackets: 0 } });
const rest = fragmented({ hasFirst: false, packets: 1 });

describe('a capture filter on one port', () => {
  const isFiltered = (parts: EvidenceParts): boolean =>
    looksFiltered(evidence({ points: [quiet, quiet], ...parts }), 0);
  test.each<[string, EvidenceParts, boolean]>([
    ['first fragments and one port', { fragments: [fragmented()], datagrams: [datagram()] }, true],
    ['two clients of one port', { datagrams: [datagram(), datagram({ client: '10.244.1.6:1' })] }, true],
    ['nothing at all', {}, true],
    ['two ports', { datagrams: [datagram(), datagram({ server: '10.244.2.7:5001' })] }, false],
    ['another port elsewhere', { datagrams: [datagram(), datagram({ point: 1, server: '10.244.2.7:5001' })] }, true],
    ['TCP', { connections: [connection({ syn: [0] })] }, false],
    ['TCP elsewhere', { connections: [connection({ point: 1, syn: [0] })] }, true],
    ['TCP here and elsewhere', { connections: [connection({ syn: [0] }), connection({ point: 1, syn: [0] })] }, false],
    ['a later fragment behind the first', { fragments: [fragmented({ packets: 2 })] }, false],
    ['a later fragment alone', { fragments: [rest] }, false],
    ['a later fragment elsewhere', { fragments: [{ ...rest, point: 1 }] }, true],
    ['ARP that was read', { arp: [arp()] }, false],
    ['ARP elsewhere', { arp: [arp({ point: 1 })] }, true],
    ['ARP that was counted', { points: [point({ quality: { arpPackets: 1 } }), quiet] }, false],
    ['ARP that was counted elsewhere', { points: [quiet, point()] }, true],
  ])('%s', (_, parts, expected) => {
    expect(isFiltered(parts)).toBe(expected);
  });
});

describe('later fragments and nothing else', () => {
  const isRests = (parts: EvidenceParts): boolean => holdsOnlyRests(evidence({ points: [quiet, quiet], ...parts }), 0);
  test.each<[string, EvidenceParts, boolean]>([
    ['so', { fragments: [rest] }, true],
    ['a first fragment too', { fragments: [rest, fragmented()] }, false],
    ['a first fragment elsewhere', { fragments: [rest, fragmented({ point: 1 })] }, true],
    ['a datagram too', { fragments: [rest], datagrams: [datagram()] }, false],
    ['a connection too', { fragments: [rest], connections: [connection()] }, false],
    ['a ping too', { fragments: [rest], echoes: [echo()] }, false],
    ['ARP too', { fragments: [rest], arp: [arp()] }, false],
    [
      'all of these elsewhere',
      {
        fragments: [rest],
        datagrams: [datagram({ point: 1 })],
        connections: [connection({ point: 1 })],
        echoes: [echo({ point: 1 })],
        arp: [arp({ point: 1 })],
      },
      true,
    ],
  ])('%s', (_, parts, expected) => {
    expect(isRests(parts)).toBe(expected);
  });
});
