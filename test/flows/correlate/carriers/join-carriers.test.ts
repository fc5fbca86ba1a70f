import { describe, expect, it } from 'vitest';
import { analyze } from '../../../../src/analyze.ts';
import { pcapFile } from '../../../support/capture-bytes.ts';
import { recordsOf, type TimedFrame } from '../../../support/digest-of.ts';
import { bytesOf, ethernet, ipv4, type Payload, tcp, udp } from '../../../support/frames.ts';

const [NEAR, FAR] = ['192.0.2.12', '192.0.2.11'];
const [SERVER, CLIENT] = ['10.9.0.2', '10.9.0.1'];
const RAW = 101;
let id = 1;

/** A plain packet of the tunnel. */
const inner = (fromFar: boolean, flags: string, octets: number, port: number, seq: number): Payload => {
  const [source, destination] = fromFar ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const [sourcePort, destinationPort] = fromFar ? [port, 80] : [80, port];
  const segment = { sourcePort, destinationPort, seq, flags, ...(flags.includes('.') && { ack: 1 }) };
  return ipv4({ source, destination, id: id++ }, tcp(segment, new Uint8Array(octets)));
};

/** WireGuard data for one receiver index, with room for a packet of `l3Length`. */
const wireguard = (fromFar: boolean, index: number, l3Length: number): Payload => {
  const [source, destination] = fromFar ? [FAR, NEAR] : [NEAR, FAR];
  const sealed = new Uint8Array(16 + Math.ceil(l3Length / 16) * 16 + 16);
  sealed[0] = 4;
  sealed[4] = index;
  sealed[8] = id & 255;
  for (let at = 16; at < sealed.length; at++) sealed[at] = (at * 31 + id * 7) & 255;
  return ethernet(
    {},
    ipv4({ source, destination, id: id++ }, udp({ sourcePort: 51820, destinationPort: 51820 }, sealed)),
  );
};

interface Story {
  /** Connections that are decrypted, and those after them that are not. */
  decrypted?: number;
  lost?: number;
  /** Receiver index that the far peer uses for the lost ones. */
  newIndex?: number;
  /** Seconds by which the device inside is behind the NIC; negative for the other end of the tunnel. */
  delay?: number;
  /** How often the SYN of a lost connection is sent. */
  sendings?: number;
  /** Seconds by which the clock of the inner file is ahead. */
  ahead?: number;
}

/** NIC and wg0 of the machine that serves. A lost connection is a SYN, sent several times. */
function story({ decrypted = 6, lost = 4, newIndex = 8, delay = 0.00005, sendings = 5, ahead = 0 }: Story = {}) {
  const [nic, wg0]: [TimedFrame[], TimedFrame[]] = [[], []];
  const pass = (at: number, fromFar: boolean, index: number, packet: Payload, isSeen: boolean): void => {
    nic.push([at, wireguard(fromFar, index, bytesOf(packet).length)]);
    if (isSeen) wg0.push([at + (fromFar ? delay : -delay) + ahead, packet]);
  };
  for (let nth = 0; nth < decrypted + lost; nth++) {
    const [start, port] = [1 + nth, 40_000 + nth];
    if (nth >= decrypted) {
      for (let again = 0; again < sendings; again++)
        pass(start + again * 0.15, true, newIndex, inner(true, 'S', 0, port, 1), false);
      // Something of the near side goes on, so the capture is seen to run.
      pass(start + 0.5, false, 9, inner(false, '.', 40 + nth, 39_999, 1), true);
      continue;
    }
    pass(start, true, 7, inner(true, 'S', 0, port, 1), true);
    pass(start + 0.01, false, 9, inner(false, 'S.', 0, port, 1), true);
    pass(start + 0.02, true, 7, inner(true, '.', 0, port, 2), true);
    pass(start + 0.03, true, 7, inner(true, 'P.', 100 + 20 * nth, port, 2), true);
    pass(start + 0.04, false, 9, inner(false, 'P.', 700 + 20 * nth, port, 2), true);
  }
  const inOrder = (a: TimedFrame, b: TimedFrame): number => a[0] - b[0];
  return [
    pcapFile(recordsOf(nic.sort(inOrder)), { nano: true }),
    pcapFile(recordsOf(wg0.sort(inOrder)), { nano: true, linkType: RAW }),
  ];
}

async function told(files: Uint8Array[], names = ['k8s2__eth0.pcap', 'k8s2__wg0.pcap']) {
  const { findings, points, captures } = await analyze(files.map((data, nth) => ({ name: names[nth], data })));
  const found = findings.filter(({ ruleId }) => ruleId === 'encrypted-tunnel-not-decrypted');
  const fileOf = (id: string): string | undefined =>
    captures.find((capture) => capture.id === points.find((point) => point.id === id)?.capture)?.path;
  return found.map(({ message, location }) => [message, (location.between ?? []).map(fileOf)]);
}

const NAMED = ['k8s2__eth0.pcap', 'k8s2__wg0.pcap'];
const LOST =
  '20 WireGuard packets of 192.0.2.11 with receiver index 0x00000008 arrive at k8s2 eth0, and none is decrypted';

describe('WireGuard at the NIC and its device in two files of one host', () => {
  it('arrives with a new index and is not decrypted: between the two', async () => {
    expect(await told(story())).toEqual([[LOST, NAMED]]);
  });

  it('the same with names that say nothing', async () => {
    const names = ['01.pcap', '02.pcap'];
    expect(await told(story(), names)).toEqual([[LOST.replace('k8s2 eth0', '01.pcap'), names]]);
  });

  it('the same where nothing was ever decrypted, and what the host sends was seen in plain', async () => {
    const found = await told(story({ decrypted: 0, lost: 8, newIndex: 7 }));
    expect(found).toEqual([
      [expect.stringContaining('40 WireGuard packets of 192.0.2.11 with receiver index 0x00000007'), NAMED],
    ]);
  });

  it.each<[string, Story, string[]?]>([
    ['all is decrypted', { decrypted: 10, lost: 0 }],
    ['the inner capture is that of the other end', { delay: -0.0004 }, ['01.pcap', '02.pcap']],
    ['nothing fits: the clocks of two unnamed files are apart', { ahead: 0.3 }, ['01.pcap', '02.pcap']],
    ['two packets of the new index', { lost: 1, sendings: 2 }],
  ])('says nothing: %s', async (_, some, names) => {
    expect(await told(story(some), names)).toEqual([]);
  });
});
