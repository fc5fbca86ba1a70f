import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withObjects } from '../../../src/flows/correlate/conversations/drop-ordinary.ts';
import { joinDigests } from '../../../src/flows/correlate/points/join-digests.ts';
import { digestMessage, digestOfMessage } from '../../../src/flows/digest/digest-codec.ts';
import { type Evidence, NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { type DialogueOptions, dialogue, type Said } from '../../support/dialogue.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, icmpv6, ipv4, ipv6, type Payload, udp } from '../../support/frames.ts';
import { isLong } from '../../support/long-run.ts';

/** Records in place of objects, and a message between threads, change nothing: drawn traffic of IPv4 and IPv6. */

const ENDS = [
  ['10.244.1.10', '10.244.2.20'],
  ['2001:db8::a', '2001:db8::b'],
] as const;
const item = fc.record({
  kind: fc.constantFrom('connection', 'connection', 'lookup', 'datagrams', 'ping'),
  family: fc.constantFrom(0, 1),
  number: fc.nat(5),
  port: fc.constantFrom(443, 8080),
  said: fc.array(fc.tuple(fc.constantFrom<Said[0][]>('client', 'server'), fc.integer({ min: 1, max: 3000 })), {
    maxLength: 4,
  }),
  ending: fc.constantFrom<DialogueOptions['end'][]>(null, 'client-fin', 'server-fin', 'client-reset'),
  isAnswered: fc.boolean(),
  rcode: fc.constantFrom(0, 0, 2, 3),
  pause: fc.constantFrom(0.01, 1.5),
});
type Item = typeof item extends fc.Arbitrary<infer T> ? T : never;

function framesOf({ kind, family, number, port, said, ending, isAnswered, rcode }: Item, start: number): TimedFrame[] {
  const [client, server] = ENDS[family];
  const packet = (isBack: boolean, layer: Payload, id: number): Payload => {
    const [source, destination] = isBack ? [server, client] : [client, server];
    return ethernet({}, family === 0 ? ipv4({ source, destination, id }, layer) : ipv6({ source, destination }, layer));
  };
  const clientPort = 40_000 + number;
  if (kind === 'connection')
    return dialogue(
      said.map(([by, octets]) => [by, new Uint8Array(octets).fill(9)]),
      { client, server, port, clientPort, start, end: ending ?? null },
    );
  const both = (there: Payload, back: Payload): TimedFrame[] => [
    [start, packet(false, there, 1 + number)],
    ...(isAnswered ? ([[start + 0.02, packet(true, back, 7 + number)]] as TimedFrame[]) : []),
  ];
  if (kind === 'lookup') {
    const message = (flags: number) => [
      0,
      number,
      flags >> 8,
      flags & 255,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      0x61,
      0,
      0,
      1,
      0,
      1,
    ];
    const ports = { sourcePort: clientPort, destinationPort: 53 };
    return both(
      udp(ports, message(0x0100)),
      udp({ sourcePort: 53, destinationPort: clientPort }, message(0x8180 | rcode)),
    );
  }
  if (kind === 'ping' && family === 1)
    return both(icmpv6({ type: 128, id: 3, sequence: number }), icmpv6({ type: 129, id: 3, sequence: number }));
  const ports = { sourcePort: clientPort, destinationPort: port };
  return both(udp(ports, [number, 1]), udp({ sourcePort: port, destinationPort: clientPort }, [number, 2, 3]));
}

const listsOf = ({ connections, datagrams, dns, echoes, hosts, applications, openedLeftOut }: Evidence) => ({
  ...{ connections, datagrams, dns, echoes, hosts, applications, openedLeftOut },
});

test('objects, records, and records that were sent to another thread tell the same', () =>
  fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 8 }), async (items) => {
      let start = 0;
      const frames = items.flatMap((one) => framesOf(one, (start += one.pause)));
      const sorted = frames.sort(([a], [b]) => a - b);
      const whole = async (options: object) =>
        withObjects(joinDigests([await digestOf(sorted, options)], NOTHING_KNOWN));
      const plain = listsOf(await whole({}));
      expect(listsOf(await whole({ compact: true }))).toEqual(plain);
      const { message } = digestMessage(await digestOf(sorted, { compact: true }));
      const received = digestOfMessage(structuredClone(message));
      expect(listsOf(withObjects(joinDigests([received], NOTHING_KNOWN)))).toEqual(plain);
    }),
    { seed: 54, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 120 : 50)) },
  ));
