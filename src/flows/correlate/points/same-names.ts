import type { Joined } from '../../capture/capture-digest.ts';
import type { CaptureSummary } from '../../evidence/evidence.ts';
import { groupBy } from './at-point.ts';
import { type GivenPoints, givenPlace } from './given-points.ts';
import type { NamedPlace } from './interface-name.ts';

/**
 * Two nodes may give their captures the same file names: "a/worker__eth0.pcap" and "b/worker__eth0.pcap". Different
 * captures of one device that ran at the same time, in different folders, are assumed to be of different hosts. These
 * hosts get the folder as a prefix: "a/worker". Captures that ran one after the other are of one host, and so are
 * copies of one capture.
 *
 * @param places by capture; hosts are changed in place
 * @param stems hosts of captures that are named by the host alone; null for others
 */
export function tellHostsApart(
  evidence: Joined,
  places: NamedPlace[],
  stems: readonly (string | null)[],
  given: GivenPoints,
): void {
  const captures = evidence.captures
    .map((capture, index) => ({ capture, index, place: places[index], folder: folderOf(capture.path) }))
    .filter(({ capture: { path } }) => givenPlace(given, path)?.host === undefined);
  for (const [host, ofHost] of groupBy(captures, ({ index, place }) => place.host ?? stems[index])) {
    const byDevice = [...groupBy(ofHost, ({ place }) => place.device).values()];
    if (host === null || !byDevice.some(areOfSeveral)) continue;
    const labels = labelsOf([...new Set(ofHost.map(({ folder }) => folder))]);
    for (const { index, place, folder } of ofHost) places[index] = { ...place, host: `${labels.get(folder)}/${host}` };
    const hosts = [...labels.values()].map((label) => `${label}/${host}`);
    evidence.notes.push({ code: 'hosts-by-folder', captures: ofHost.length, named: host, hosts });
  }
}

const folderOf = (path: string): string => path.split(/[/\\]/).slice(0, -1).join('/');

/** Captures of one device: whether two of different folders ran at the same time and are not copies of each other. */
function areOfSeveral(captures: readonly { capture: CaptureSummary; folder: string }[]): boolean {
  const inTime = captures.filter(({ capture }) => capture.packets > 0);
  inTime.sort(({ capture: a }, { capture: b }) => startOf(a) - startOf(b));
  // In order of time, a capture that overlaps any other one overlaps its neighbour.
  let latest = inTime[0];
  for (const next of inTime.slice(1)) {
    const isMeanwhile = startOf(next.capture) <= startOf(latest.capture) + latest.capture.duration;
    if (isMeanwhile && next.folder !== latest.folder && !areCopies(next.capture, latest.capture)) return true;
    if (startOf(next.capture) + next.capture.duration > startOf(latest.capture) + latest.capture.duration)
      latest = next;
  }
  return false;
}

const startOf = ({ baseSeconds, baseNanoseconds }: CaptureSummary): number => baseSeconds + baseNanoseconds / 1e9;

const areCopies = (a: CaptureSummary, b: CaptureSummary): boolean =>
  a.baseSeconds === b.baseSeconds &&
  a.baseNanoseconds === b.baseNanoseconds &&
  a.packets === b.packets &&
  a.duration === b.duration;

/** Each folder without the common prefix and suffix of all folders. */
function labelsOf(folders: readonly string[]): Map<string, string> {
  const parts = folders.map((folder) => folder.split('/'));
  const shortest = Math.min(...parts.map(({ length }) => length));
  const areEqual = (at: number): boolean => parts.every((part) => part.at(at) === parts[0].at(at));
  let front = 0;
  while (front < shortest && areEqual(front)) front++;
  let back = 0;
  while (back < shortest - front && areEqual(-1 - back)) back++;
  return new Map(
    folders.map((folder, index) => [folder, parts[index].slice(front, parts[index].length - back).join('/') || '.']),
  );
}
