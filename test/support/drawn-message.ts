import fc from 'fast-check';
import { type LayerOfFrame, udp } from './frames.ts';

/** A datagram between a client and port 53, mostly a query or a response of DNS. */
export interface DrawnMessage {
  id: number;
  /** Undefined for those of a query from the client, or of a response to it. */
  flags: number | undefined;
  name: string;
  type: number;
  hasAnswer: boolean;
  /** Octets that UDP tells more than there are. */
  more: number;
  /** Undefined for the right one. */
  checksum: number | undefined;
  clientPort: number | undefined;
  serverPort: number;
  /** Octets of the message that are sent; the rest is left out. */
  most: number;
}

const rarely = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

export const drawnMessage: fc.Arbitrary<DrawnMessage> = fc.record({
  // Also those with which VXLAN, VXLAN with a policy and WireGuard begin.
  id: rarely(7, 8, 0x0800, 0x8800, 0x8808, 0x0400, 0x0100),
  flags: rarely<number | undefined>(
    undefined,
    0,
    0x0001,
    0x0101,
    0x0120,
    0x0140,
    0x0800,
    0x6558,
    0x8182,
    0x8380,
    0x86dd,
  ),
  name: fc.constantFrom('db.shop.svc.cluster.local', 'db.shop.svc.cluster.local', 'DB.Shop.svc.cluster.local', 'a', ''),
  type: fc.constantFrom(1, 1, 28),
  hasAnswer: fc.boolean(),
  more: rarely(0, -4, 4),
  checksum: rarely<number | undefined>(undefined, 0, 1),
  clientPort: rarely<number | undefined>(undefined, 53, 900, 1023, 1024, 4500, 4789, 8472),
  serverPort: rarely(53, 54, 123),
  most: rarely(500, 12, 11, 0, 20),
});

const be16 = (value: number): number[] => [value >> 8, value & 0xff];

function octetsOf({ id, flags, name, type, hasAnswer, most }: DrawnMessage, isQuery: boolean): Uint8Array {
  const labels = name.split('.').filter((label) => label !== '');
  const question = [...labels.flatMap((label) => [label.length, ...new TextEncoder().encode(label)]), 0];
  const isAnswered = hasAnswer && !isQuery;
  const data = type === 1 ? [10, 96, 0, 9] : [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
  const answer = [0xc0, 12, ...be16(type), ...be16(1), 0, 0, 0, 30, ...be16(data.length), ...data];
  const counts = [...be16(1), ...be16(isAnswered ? 1 : 0), 0, 0, 0, 0];
  const header = [...be16(id), ...be16(flags ?? (isQuery ? 0x0100 : 0x8180)), ...counts];
  return Uint8Array.from([...header, ...question, ...be16(type), ...be16(1), ...(isAnswered ? answer : [])]).subarray(
    0,
    most,
  );
}

/** The datagram of one side. */
export function datagramOf(message: DrawnMessage, isFromClient: boolean, clientPort: number): LayerOfFrame {
  const octets = octetsOf(message, isFromClient);
  const client = message.clientPort ?? clientPort;
  return udp(
    {
      sourcePort: isFromClient ? client : message.serverPort,
      destinationPort: isFromClient ? message.serverPort : client,
      ...(message.more !== 0 && { length: 8 + octets.length + message.more }),
      ...(message.checksum !== undefined && { checksum: message.checksum }),
    },
    octets,
  );
}
