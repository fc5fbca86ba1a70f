import type { CaptureSource } from '../decode/files/capture-source.ts';
import type { Packet } from '../decode/packet.ts';
import { assertOptionKeys } from '../text/option-keys.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';
import { sanitize } from '../text/sanitize.ts';
import { FlowBook } from './flow-book.ts';
import type { FlowRow, GrowingFlow } from './flow-row.ts';
import { octetLines } from './packet-words.ts';
import { INSPECT_KEYS, type InspectOptions, readSelected } from './read-selected.ts';
import { StreamOctets } from './stream-octets.ts';

/** Ways to write the octets of a flow. */
export const FOLLOW_FORMS = ['text', 'hex', 'raw'] as const;
/** One of `FOLLOW_FORMS`. */
export type FollowForm = (typeof FOLLOW_FORMS)[number];
/** Whose octets are written. */
export const FOLLOW_SIDES = ['both', 'client', 'server'] as const;
/** One of `FOLLOW_SIDES`. */
export type FollowSide = (typeof FOLLOW_SIDES)[number];

/** What following a flow may be told. */
export interface FollowOptions extends InspectOptions {
  /** How octets are written: as text with control characters escaped, in hexadecimal, or as they are. */
  form?: FollowForm;
  /** Whose octets are written: of both ends in turn, or of one. */
  side?: FollowSide;
}

const SYN = 0x02;

/**
 * Writes what the two ends of a flow sent: of TCP in order, each octet once, of other protocols packet by packet. Octets
 * that were not captured are marked, but left out of raw octets.
 *
 * @param number of the flow in `listFlows` with the same selection
 * @returns the flow
 * @throws PcapdiagError 'bad-option' when there is no such flow
 */
export async function followFlow(
  source: CaptureSource,
  number: number,
  write: (octets: string | Uint8Array) => void,
  options: FollowOptions = {},
): Promise<FlowRow> {
  assertOptionKeys(options, [...INSPECT_KEYS, 'form', 'side'], 'followFlow');
  const { form = 'text', side = 'both' } = options;
  const book = new FlowBook();
  const writer = new TurnWriter(write, form);
  const streams = ([0, 1] as const).map(
    (from) =>
      new StreamOctets({
        octets: (bytes) => writer.octets(from, bytes),
        gap: (octets) => writer.gap(from, octets),
      }),
  );
  const isWanted = (from: 0 | 1): boolean => side === 'both' || (side === 'client') === (from === 0);
  let followed: GrowingFlow | undefined;
  await readSelected(source, options, (packet, time) => {
    const member = book.add(packet, time);
    if (member?.flow.row.number !== number) return;
    followed = member.flow;
    writer.flow = followed.row;
    if (!isWanted(member.from)) return;
    const bytes = payloadOf(packet);
    if (!member.flow.isTcp) writer.datagram(member.from, bytes, packet.payloadLength);
    else if (packet.transportAt >= 0)
      streams[member.from].segment(packet.tcpSeq, (packet.tcpFlags & SYN) !== 0, bytes, packet.payloadLength);
  });
  for (const stream of streams) stream.end();
  writer.end();
  if (followed !== undefined) return followed.finish();
  const count = book.flows.length;
  throw new PcapdiagError(
    'bad-option',
    `there is no flow ${number}: the flows are 1 to ${count} (pcapdiag flows lists them)`,
  );
}

/** The captured payload, without what a padded frame has behind it. */
const payloadOf = ({ bytes, payloadAt, payloadEnd, payloadLength }: Packet): Uint8Array =>
  bytes.subarray(payloadAt, Math.min(payloadEnd, payloadAt + payloadLength));

/** Says who speaks where the side changes. */
class TurnWriter {
  flow: FlowRow | undefined;
  readonly #write: (octets: string | Uint8Array) => void;
  readonly #form: FollowForm;
  #speaker: 0 | 1 | undefined;
  #isLineBegun = false;
  readonly #decoders = [new TextDecoder(), new TextDecoder()];

  constructor(write: (octets: string | Uint8Array) => void, form: FollowForm) {
    this.#write = write;
    this.#form = form;
  }

  octets(from: 0 | 1, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#form === 'raw') {
      this.#write(bytes.slice());
      return;
    }
    this.#turn(from);
    if (this.#form === 'hex') {
      this.#write(`${octetLines(bytes).join('\n')}\n`);
      return;
    }
    const text = escaped(this.#decoders[from].decode(bytes, { stream: true }));
    if (text === '') return;
    this.#write(text);
    this.#isLineBegun = !text.endsWith('\n');
  }

  gap(from: 0 | 1, octets: number): void {
    if (this.#form === 'raw') return;
    this.#turn(from);
    this.#endLine();
    this.#write(`[${octets} octets were not captured]\n`);
  }

  datagram(from: 0 | 1, bytes: Uint8Array, length: number): void {
    this.octets(from, bytes);
    if (this.#form === 'text') this.#endLine();
    if (length > bytes.length) this.gap(from, length - bytes.length);
  }

  end(): void {
    this.#endLine();
  }

  #turn(from: 0 | 1): void {
    if (this.#speaker === from || this.flow === undefined) return;
    this.#endLine();
    this.#speaker = from;
    const { client, server } = this.flow;
    this.#write(from === 0 ? `--- ${client} > ${server}\n` : `--- ${server} > ${client}\n`);
  }

  #endLine(): void {
    if (this.#isLineBegun) this.#write('\n');
    this.#isLineBegun = false;
  }
}

/** Lines and tabs stay; everything else that could move the cursor is escaped. */
const escaped = (text: string): string =>
  text
    .replace(/\r\n/g, '\n')
    .split(/([\n\t])/)
    .map((part) => (part === '\n' || part === '\t' ? part : sanitize(part)))
    .join('');
