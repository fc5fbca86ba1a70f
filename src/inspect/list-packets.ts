import type { CaptureSource } from '../decode/files/capture-source.ts';
import { assertOptionKeys } from '../text/option-keys.ts';
import { layerLines, octetLines, packetLine } from './packet-words.ts';
import { INSPECT_KEYS, type InspectOptions, readSelected } from './read-selected.ts';

/** What listing packets may be told. */
export interface PacketListOptions extends InspectOptions {
  /** The layers of each packet below its line. */
  layers?: boolean;
  /** The octets of each packet below its line. */
  octets?: boolean;
}

/**
 * One line a packet, tunnels shown; given to `write` as they come.
 *
 * @throws PcapdiagError when the source is no capture, or the selection is wrong
 */
export async function listPackets(
  source: CaptureSource,
  write: (text: string) => void,
  options: PacketListOptions = {},
): Promise<void> {
  assertOptionKeys(options, [...INSPECT_KEYS, 'layers', 'octets'], 'listPackets');
  await readSelected(source, options, (packet, time) => {
    const lines = [packetLine(packet, time)];
    if (options.layers) lines.push(...layerLines(packet));
    if (options.octets) lines.push(...octetLines(packet.bytes, packet.start, packet.end));
    write(`${lines.join('\n')}\n`);
  });
}
