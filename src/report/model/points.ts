/** What every form of a report reads off its points and paths. */
import type { Report, ReportPath } from './report.ts';

/** The name of a point; its id where the report has no such point. */
export const pointName = ({ points }: Pick<Report, 'points'>, id: string): string =>
  points.find((point) => point.id === id)?.name ?? id;

/** Host and device of a point: its name without the host that it begins with. The host is empty where it is not known. */
export function placeOf({ points }: Pick<Report, 'points'>, id: string): { host: string; device: string } {
  const point = points.find((candidate) => candidate.id === id);
  const [host, name] = [point?.host ?? '', point?.name ?? id];
  return { host, device: host !== '' && name.startsWith(`${host} `) ? name.slice(host.length + 1) : name };
}

/**
 * Packets lost between point `at` of a path and the next one, to the server and back: a loss is counted at the point that
 * saw the packet last, on its own way.
 */
export const lostBehind = ({ lost }: ReportPath, at: number): [toServer: number, toClient: number] => [
  lost[0][at] ?? 0,
  lost[1][at + 1] ?? 0,
];
