import { u8, u16, u16le, u32, u32le } from '../octets.ts';
import type { CaptureInterface } from './capture-record.ts';
import { DEFAULT_RESOLUTION, PcapngClock } from './pcapng-clock.ts';
import { eachOption, OPTION, optionCounter, optionSigned, optionText } from './pcapng-options.ts';

/** An interface of a pcapng section, and the clock that reads its time stamps. */
export interface PcapngInterface {
  described: CaptureInterface;
  clock: PcapngClock;
}

/** Link type, reserved, snaplen. */
export const INTERFACE_FIXED_LENGTH = 8;
/** Interface, time stamp. */
export const STATISTICS_FIXED_LENGTH = 12;

/** First octet of if_filter that marks the rest as text. Other values mean compiled code. */
const FILTER_IS_TEXT = 0;

/** Body of an Interface Description Block, from `at` to `end`, of at least INTERFACE_FIXED_LENGTH octets. */
export function readInterface(
  bytes: Uint8Array,
  at: number,
  end: number,
  littleEndian: boolean,
  index: number,
  onComment: (text: string) => void,
): PcapngInterface {
  const described: CaptureInterface = {
    index,
    linkType: littleEndian ? u16le(bytes, at) : u16(bytes, at),
    snaplen: littleEndian ? u32le(bytes, at + 4) : u32(bytes, at + 4),
  };
  let resolution = DEFAULT_RESOLUTION;
  let offsetSeconds = 0;
  eachOption(bytes, at + INTERFACE_FIXED_LENGTH, end, littleEndian, (code, valueAt, length) => {
    if (code === OPTION.comment) onComment(optionText(bytes, valueAt, length));
    else if (code === OPTION.interfaceName) described.name = optionText(bytes, valueAt, length);
    else if (code === OPTION.interfaceDescription) described.description = optionText(bytes, valueAt, length);
    else if (code === OPTION.interfaceResolution && length >= 1) resolution = u8(bytes, valueAt);
    else if (code === OPTION.interfaceOffset && length >= 8) offsetSeconds = optionSigned(bytes, valueAt, littleEndian);
    else if (code === OPTION.interfaceFilter && length > 1 && u8(bytes, valueAt) === FILTER_IS_TEXT) {
      described.filter = optionText(bytes, valueAt + 1, length - 1);
    }
  });
  return { described, clock: new PcapngClock(resolution, offsetSeconds) };
}

/** Copies the drop counters of an Interface Statistics Block into `described`. Returns true when the block had any. */
export function readStatistics(
  bytes: Uint8Array,
  at: number,
  end: number,
  littleEndian: boolean,
  described: CaptureInterface,
  onComment: (text: string) => void,
): boolean {
  let told = false;
  eachOption(bytes, at + STATISTICS_FIXED_LENGTH, end, littleEndian, (code, valueAt, length) => {
    if (code === OPTION.comment) onComment(optionText(bytes, valueAt, length));
    if (length < 8 || (code !== OPTION.statisticsInterfaceDrop && code !== OPTION.statisticsSystemDrop)) return;
    const dropped = optionCounter(bytes, valueAt, littleEndian);
    if (code === OPTION.statisticsInterfaceDrop) described.interfaceDropped = dropped;
    else described.systemDropped = dropped;
    told = true;
  });
  return told;
}
