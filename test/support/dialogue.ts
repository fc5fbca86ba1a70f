/** Builds the frames of one TCP connection from what both sides say. */
import type { TimedFrame } from './digest-of.ts';
import { bytesOf, ethernet, ipv4, ipv6, type Payload, tcp } from './frames.ts';

export type Speaker = 'client' | 'server';
/** What one side sends at a moment, in segments of at most `mss` octets. */
export type Said = [speaker: Speaker, what: Payload];

export interface DialogueOptions {
  client?: string;
  clientPort?: number;
  server?: string;
  port?: number;
  /** Seconds of the SYN. */
  start?: number;
  /** Most octets of a segment. */
  mss?: number;
  /** Who ends the connection, and how; nobody by default. */
  end?: 'client-fin' | 'server-fin' | 'client-reset' | 'server-reset' | null;
  /** Without the handshake: the capture began later. */
  midStream?: boolean;
}

const STEP = 0.001;
const FIRST: Readonly<Record<Speaker, number>> = { client: 1_000, server: 4_294_967_000 };

/** Handshake, data with an acknowledgement each, and the end. Packets are 1 ms apart. */
export function dialogue(said: readonly Said[], options: DialogueOptions = {}): TimedFrame[] {
  const { client = '10.244.1.10', server = '10.244.2.20', port = 443, clientPort = 40_000 } = options;
  const { start = 0, mss = 1_400, end = null, midStream = false } = options;
  const next = { client: FIRST.client, server: FIRST.server };
  const frames: TimedFrame[] = [];
  const send = (speaker: Speaker, flags: string, payload: Payload = []): void => {
    const isClient = speaker === 'client';
    const other = isClient ? 'server' : 'client';
    const [sourcePort, destinationPort] = isClient ? [clientPort, port] : [port, clientPort];
    const ack = flags.includes('.') ? { ack: next[other] >>> 0 } : {};
    const syn = flags.includes('S') ? { mss: 1460, windowScale: 7, sackPermitted: true } : {};
    const segment = tcp({ sourcePort, destinationPort, seq: next[speaker] >>> 0, flags, ...ack, ...syn }, payload);
    const [source, destination] = isClient ? [client, server] : [server, client];
    const packet = client.includes(':')
      ? ipv6({ source, destination }, segment)
      : ipv4({ source, destination }, segment);
    frames.push([start + frames.length * STEP, ethernet({}, packet)]);
    next[speaker] += bytesOf(payload).length + (/[SF]/.test(flags) ? 1 : 0);
  };
  if (midStream) {
    next.client++;
    next.server++;
  } else {
    send('client', 'S');
    send('server', 'S.');
    send('client', '.');
  }
  for (const [speaker, what] of said) {
    const octets = bytesOf(what);
    for (let at = 0; at < octets.length; at += mss) send(speaker, 'P.', octets.subarray(at, at + mss));
    send(speaker === 'client' ? 'server' : 'client', '.');
  }
  if (end === null) return frames;
  const [who, how] = end.split('-') as [Speaker, string];
  send(who, how === 'fin' ? 'F.' : 'R.');
  if (how !== 'fin') return frames;
  const other = who === 'client' ? 'server' : 'client';
  send(other, 'F.');
  send(who, '.');
  return frames;
}
