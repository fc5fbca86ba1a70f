import { describe, expect, it } from 'vitest';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import { NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, type LayerOfFrame, type TcpOptions, tcp } from '../../support/frames.ts';

const CLIENT = '10.244.1.5';
const SERVICE = '10.96.0.10';
const POD = '10.244.2.7';
const VETH_DELAY = 0.00002;

let ipId = 1;
const segment = (source: string, destination: string, options: TcpOptions, payload = ''): LayerOfFrame =>
  ethernet({}, ipv4({ source, destination, id: ipId++ }, tcp(options, payload)));

interface Sent {
  time: number;
  isAnswer: boolean;
  options: TcpOptions;
  payload: string;
}

/** A handshake, a request, and ten answers a second apart, each acknowledged. */
function download(acknowledged: boolean): Sent[] {
  const ticks = (time: number) => 1000 + Math.round(time * 1000);
  const sent = (time: number, isAnswer: boolean, flags: string, seq: number, ack: number, payload = ''): Sent => ({
    time,
    isAnswer,
    payload,
    options: {
      sourcePort: isAnswer ? 80 : 40_000,
      destinationPort: isAnswer ? 40_000 : 80,
      flags,
      seq,
      ack,
      timestamps: [ticks(time), ticks(time) - 1],
    },
  });
  const opening = [
    sent(0, false, 'S', 100, 0),
    sent(0.01, true, 'S.', 900, 101),
    sent(0.02, false, '.', 101, 901),
    sent(0.03, false, 'P.', 101, 901, 'request'),
  ];
  const answers = Array.from({ length: 10 }, (_, nth) => [
    sent(1 + nth, true, 'P.', 901 + 10 * nth, 108, `answer ${String(nth).padStart(3, '0')}`),
    ...(acknowledged || nth < 3 ? [sent(1.01 + nth, false, '.', 108, 911 + 10 * nth)] : []),
  ]);
  return [...opening, ...answers.flat()];
}

/** The veth shows the service; the bridge the pod on the way there, and the service on the way back (br_netfilter). */
async function lossesAt(sent: readonly Sent[], vethEnds: number): Promise<number> {
  ipId = 1;
  const frames = sent.map(({ time, isAnswer, options, payload }): [TimedFrame, TimedFrame] => {
    const id = ipId;
    const veth = isAnswer ? segment(SERVICE, CLIENT, options, payload) : segment(CLIENT, SERVICE, options, payload);
    ipId = id;
    const bridge = isAnswer ? segment(SERVICE, CLIENT, options, payload) : segment(CLIENT, POD, options, payload);
    const [atVeth, atBridge] = isAnswer ? [time + VETH_DELAY, time] : [time, time + VETH_DELAY];
    return [
      [atVeth, veth],
      [atBridge, bridge],
    ];
  });
  const veth = frames.map(([frame]) => frame).filter(([time]) => time < vethEnds);
  const digests = await Promise.all([
    digestOf(veth, { path: 'node1__veth1a2b3c4d.pcap' }),
    digestOf(
      frames.map(([, frame]) => frame),
      { path: 'node1__cni0.pcap' },
    ),
  ]);
  return correlate(digests, { known: NOTHING_KNOWN })
    .conversations.flatMap(({ hops }) => hops)
    .filter(({ unknown }) => unknown === null)
    .reduce((sum, { lost }) => sum + lost, 0);
}

describe('a capture that ends before the others of its host', () => {
  it('lost nothing that was answered, even if the bridge shows each direction on its own', async () => {
    expect(await lossesAt(download(true), 3.5)).toBe(0);
  });

  it('is assumed to continue where nothing is answered any more', async () => {
    // The seventh is the last packet of all: it may still be under way.
    expect(await lossesAt(download(false), 3.5)).toBe(6);
  });

  it('lost nothing of the packets shortly before the end of all captures, which had no time to be answered', async () => {
    const burst = download(true).filter(({ time }) => time < 4);
    const [last] = burst.filter(({ payload }) => payload.startsWith('answer')).slice(-1);
    const more = [1, 2, 3, 4].map((nth) => ({
      ...last,
      time: 3.9 + nth / 1e5,
      options: { ...last.options, seq: 921 + 10 * nth },
    }));
    expect(await lossesAt([...burst, ...more], 3.5)).toBe(0);
  });
});
