import type { PacketSelection } from '../../decode/packet-selection.ts';
import type { Limits } from '../limits.ts';
import type { CoreBuild } from '../ordinary/run-core.ts';

export interface CaptureTrackerOptions {
  /** Name or path of the capture, for its summary and its points. */
  path: string;
  /** Names of its files, when there are several. */
  parts?: string[];
  limits?: Partial<Limits>;
  /** True when no other capture is analysed with it. With one point there is nothing to compare rows with. */
  alone?: boolean;
  /** Whether ordinary connections stay records. An object is created when a rule needs one. */
  compact?: boolean;
  /** `false` keeps no row of sightings; `true` and 'auto' keep up to the limit. */
  keepSightings?: boolean | 'auto';
  /**
   * Biflows, by their numbers in an earlier digest of the same capture, for which every sighting is kept. Of the others
   * only the first sightings are kept. Without this option all are kept.
   */
  wholeFlows?: ReadonlySet<number>;
  /** The packets that are followed. The others count nowhere; the report says what was asked for. */
  selection?: PacketSelection;
  /** Verify every checksum, not only those of the first packets at each point. */
  checksums?: boolean;
  /** How runs of ordinary packets are taken. A test uses it to check that this makes no difference. */
  core?: CoreBuild | 'none';
}

/** The build that an option chooses: `false` is the source. */
export const chosenCore = (core: boolean | undefined): { core?: CoreBuild } =>
  core === false ? { core: 'typescript' } : {};
