import type { CaptureInterface } from '../decode/files/capture-record.ts';
import type { CaptureSource } from '../decode/files/capture-source.ts';
import { inBatches } from '../decode/files/in-batches.ts';
import { PcapngWriter } from '../decode/files/pcapng-writer.ts';
import { type ChoosingOptions, type ChosenRecord, ChosenRecords } from './chosen-records.ts';
import { inOrderOfTime } from './in-order-of-time.ts';

/** One capture to choose packets from. */
export interface CaptureToExport extends ChoosingOptions {
  source: CaptureSource;
  /** Where it was taken, or its file, for names of interfaces. */
  name: string;
  /** Its file. */
  description: string;
  /** Makes text of the capture fit to be written. */
  textOf: (text: string) => string;
}

/** What was written so far. */
export interface Written {
  /** Number of packets. */
  packets: number;
  /** Number of packets with a comment. */
  commented: number;
}

/** Octets of a chunk that is handed on. */
const CHUNK = 1 << 18;
/** LINKTYPE_ numbers that fit the field of pcapng. */
const MOST_LINK_TYPE = 0xffff;

/** The filter of the capture and what was selected of it. */
const bothFilters = (told: string | undefined, selected: string | undefined): string | undefined =>
  told !== undefined && selected !== undefined ? `(${told}) and (${selected})` : (told ?? selected);

/**
 * One pcapng file, chunk by chunk: the chosen packets of all captures by their time stamps, which are not changed. Each
 * interface of each capture that has packets in it is an interface of the file.
 *
 * @throws PcapdiagError as `readCapture` does
 */
export async function* writeChosen(
  captures: readonly CaptureToExport[],
  { application, comments }: { application: string; comments: readonly string[] },
  written: Written,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const writer = new PcapngWriter(application, comments);
  const sinks = captures.map((capture) => new ChosenRecords(capture));
  const indexes = captures.map(() => new Map<number, number>());
  const interfaceOf = (from: number, index: number): number => {
    const known = indexes[from].get(index);
    if (known !== undefined) return known;
    const added = writer.addInterface(interfaceToWrite(captures[from], sinks[from], index));
    indexes[from].set(index, added);
    return added;
  };
  const reading = signal === undefined ? {} : { signal };
  const sequences = captures.map(({ source }, from) =>
    inBatches<ChosenRecord>(source, (give) => sinks[from].givingTo(give), reading),
  );
  let waiting = 0;
  for await (const { from, item } of inOrderOfTime(sequences)) {
    writer.addPacket({ ...item, comment: item.comments, interface: interfaceOf(from, item.interfaceIndex) });
    written.packets++;
    if (item.comments.length > 0) written.commented++;
    waiting += item.bytes.length;
    if (waiting < CHUNK) continue;
    yield writer.take();
    waiting = 0;
  }
  for (const [from, { interfaces }] of sinks.entries())
    for (const [index, added] of indexes[from]) {
      const { interfaceDropped, systemDropped } = interfaces[index] ?? {};
      if (interfaceDropped !== undefined || systemDropped !== undefined)
        writer.addDrops(added, { interfaceDropped, systemDropped });
    }
  yield writer.take();
}

function interfaceToWrite({ name, description, textOf }: CaptureToExport, sink: ChosenRecords, index: number) {
  const told: CaptureInterface = sink.interfaces[index] ?? { index, linkType: 0, snaplen: 0 };
  const { linkType, snaplen, filter } = told;
  const device = told.name === undefined ? undefined : textOf(told.name);
  return {
    // The name of the device alone does not tell two machines apart.
    name: device === undefined || name.endsWith(device) ? name : `${name} ${device}`,
    description,
    linkType: linkType & MOST_LINK_TYPE,
    snaplen,
    filter: bothFilters(
      filter === undefined ? undefined : textOf(filter),
      sink.selected === undefined ? undefined : textOf(sink.selected),
    ),
  };
}
