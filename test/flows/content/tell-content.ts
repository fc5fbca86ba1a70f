import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { ContentTracker } from '../../../src/flows/content/content-tracker.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import {
  alert,
  certificateRequest,
  changeCipherSpec,
  clientHello,
  clientKeyExchange,
  frame,
  joined,
  leafCertificate,
  noCertificate,
  record,
  sealed,
  serverHello,
  serverHelloDone,
} from '../../support/messages.ts';
import { CLIENT, newTracker, SERVER } from '../tcp/segment-trace.ts';
import { fieldsOf } from '../tcp/tell-connection.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const DAY = (year: number): string => `${year % 100}0101000000Z`;

/** Messages by the words of a scenario; what stands behind a colon are their numbers or names. */
const MESSAGES: Record<string, (...words: string[]) => Uint8Array> = {
  hello: (serverName, ...protocols) => record(22, clientHello({ ...(serverName && { serverName }), protocols })),
  hello13: () => record(22, clientHello({ versions: [0x0304, 0x0303] })),
  large: () => record(22, clientHello({ serverName: 'shop', versions: [0x0304], postQuantum: true })),
  huge: (octets) => record(22, clientHello({ serverName: 'shop', padding: Number(octets) })),
  server12: () => record(22, serverHello({ version: 0x0303 })),
  server13: () => record(22, serverHello({ version: 0x0304 })),
  certificate: (from, to, subject) =>
    record(
      22,
      leafCertificate({ notBefore: DAY(Number(from)), notAfter: DAY(Number(to)), ...(subject && { subject }) }),
    ),
  request: () => record(22, joined(certificateRequest(), serverHelloDone())),
  done: () => record(22, serverHelloDone()),
  none: () => record(22, noCertificate()),
  exchange: () => record(22, clientKeyExchange()),
  ccs: changeCipherSpec,
  finished: () => record(22, Array(40).fill(1)),
  sealed: (octets) => sealed(Number(octets)),
  alert: (level, description) => alert(Number(level), Number(description)),
  preface: () => text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  settings: () => frame(4, 0, 0),
  headers: (octet) => frame(1, 4, 1, [Number(octet)]),
  status: (status) => frame(1, 4, 1, [0x08, 3, ...text(status)]),
  data: (octets) => frame(0, 0, 1, Array(Number(octets)).fill(65)),
  goaway: (code, words = '') => frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, Number(code), ...text(words)]),
  rst: (code) => frame(3, 0, 1, [0, 0, 0, Number(code)]),
  frame: (type, octets) => frame(Number(type), 0, 0, Array(Number(octets)).fill(0)),
  x: (octets) => text('x'.repeat(Number(octets))),
  hex: (octets) => Uint8Array.from(octets.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? []),
};

/** FIN, reset, data, SYN, SYN-ACK, bare acknowledgement. */
const FLAGS = { F: 0x11, R: 0x14, P: 0x18, S: 0x02, H: 0x12, '.': 0x10 } as const;
type Flag = keyof typeof FLAGS;

/**
 * Plays a scenario: a segment a line, `>` from the client, 1 ms apart, each behind what its sender sent before.
 *
 *   > GET / HTTP/1.1\r\n\r\n ;                     words; a line ends with `;` where blanks count
 *   < hello:api.shop:h2 ccs @at=101 @cut=50        messages; from the 101st octet of its sender on; 50 octets captured
 *   > @F                                           flags alone; `@wait=1.5` seconds before it, `@part=1:30` of its octets
 *
 * The first line may be `mid-stream`: then the capture has no handshake.
 */
export function tellContent(lines: readonly string[], limits: Partial<Limits> = {}): string {
  const tcp = newTracker();
  const content = new ContentTracker(tcp, { ...DEFAULT_LIMITS, ...limits }, String);
  const packet = new Packet(new AddressBook());
  const next: [number, number] = [0xffffff00, 70_000];
  const first: [number, number] = [next[0] + 1, next[1] + 1];
  let [number, time, ended] = [0, 0, 0];
  const send = (side: 0 | 1, octets: Uint8Array, flag: Flag, { at = next[side], cut = octets.length } = {}): void => {
    number++;
    time += 0.001;
    const bytes = new Uint8Array(60 + octets.length).fill(0x7e);
    bytes.set(octets.subarray(0, cut), 54);
    Object.assign(packet, { ipVersion: 4, protocol: 6, transportAt: 34, ipAt: 14, ttl: 64, number, bytes });
    Object.assign(packet, { source: [CLIENT, SERVER][side], destination: [SERVER, CLIENT][side] });
    Object.assign(packet, { sourcePort: [40_000, 80][side], destinationPort: [80, 40_000][side] });
    Object.assign(packet, { tcpFlags: FLAGS[flag], tcpSeq: at >>> 0, tcpAck: next[1 - side] >>> 0, tcpWindow: 60_000 });
    Object.assign(packet, { payloadAt: 54, payloadEnd: 54 + cut, payloadLength: octets.length });
    packet.l3Length = 40 + octets.length;
    next[side] = Math.max(next[side], at + octets.length + (/[FSH]/.test(flag) ? 1 : 0));
    tcp.onPacket(packet, 0, time, -1, 0);
    if (octets.length > 0 && !tcp.contentRead) content.onSegment(packet, time);
    const isRead = tcp.records.blockOf(0).hasMarksAndLetters(0, 512);
    if (isRead && ended === 0) ended = number;
  };
  const isWhole = lines[0] !== 'mid-stream';
  if (isWhole) {
    send(0, text(''), 'S');
    send(1, text(''), 'H');
    send(0, text(''), '.');
  } else for (const side of [0, 1] as const) next[side] = first[side];
  for (const line of isWhole ? lines : lines.slice(1)) {
    const side = line.startsWith('>') ? 0 : 1;
    const options = Object.fromEntries(
      [...line.matchAll(/ @(\w+)=([\d.:-]+)/g)].map(([, name, value]) => [name, value]),
    );
    const flag = (/ @([FRP.])/.exec(line)?.[1] ?? 'P') as Flag;
    time += Number(options.wait ?? 0);
    const [from, to] = (options.part ?? '').split(':');
    const octets = octetsOf(line.slice(2).replace(/(^| )@\S+/g, '')).subarray(
      Number(from ?? 0),
      to === undefined ? undefined : Number(to),
    );
    send(side, octets, flag, {
      ...(options.at && { at: first[side] + Number(options.at) }),
      ...(options.cut && { cut: Number(options.cut) }),
    });
  }
  const uses = content.finish();
  const [connection] = tcp.finish(1).connections;
  const { messages = [], tls, ...facts } = connection.application ?? {};
  return [
    ended > 0 ? `read to its end at #${ended}` : '',
    connection.tlsTurns > 0 ? `tlsTurns ${connection.tlsTurns}` : '',
    ...fieldsOf(facts, NOTHING),
    ...(tls ? fieldsOf({ ...tls }, NO_TLS) : []),
    ...messages.flatMap((message) => fieldsOf({ message: [message] }, {})),
    ...uses.flatMap(({ point: _, client: __, server: ___, ...use }) => fieldsOf(use, NO_USE)),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function octetsOf(words: string): Uint8Array {
  const parts = words.trim().split(' ');
  const isMessages = parts.every((part) => Object.hasOwn(MESSAGES, part.split(':')[0]));
  if (isMessages && words.trim() !== '')
    return joined(
      ...parts.map((part) => {
        const [name, ...rest] = part.split(':');
        return MESSAGES[name](...rest);
      }),
    );
  return text(
    words
      .replace(/ ;$/, '')
      .replaceAll('\\r', '\r')
      .replaceAll('\\n', '\n')
      .replaceAll('\\0', '\0')
      .replace(/\{x:(\d+)\}/g, (_, count) => 'x'.repeat(Number(count))),
  );
}

const NOTHING = {
  brokenOff: 'none',
  proxied: 'false',
  answers: '0',
  errors: '0',
  tlsWanted: 'false',
  tlsRefused: 'false',
  errorCut: 'false',
  cut: 'false, false',
};
const NO_TLS = {
  clientHello: 'none',
  serverVersion: 'none',
  certificate: 'none',
  certificateRequested: 'false',
  clientCertificateMissing: 'false',
  alert: 'none',
  sealedAlert: 'none',
  established: 'false',
};
const NO_USE = { answered: '0', cut: '0', answers: '0', errors: '0' };
