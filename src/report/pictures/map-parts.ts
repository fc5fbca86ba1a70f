/** What a map shows of one path: its points by host, what passed each, and what was lost between two of them. */
import { lostBehind, placeOf } from '../model/points.ts';
import type { Report, ReportPath } from '../model/report.ts';

export interface MapPath {
  client: string;
  server: string;
  stops: MapStop[];
  conversations: number;
}

export interface MapStop {
  host: string;
  /** Name without the host, and what it is. */
  device: string;
  role: string;
  isTunnelDevice: boolean;
  /** Packets seen here, to the server and back. */
  packets: readonly [number, number];
  /** Packets lost before the next stop, in both directions; null at the last stop. */
  lost: readonly [number, number] | null;
  /** The verdict's place is between this stop and the next. */
  isBreak: boolean;
}

const ROLES: Readonly<Record<string, string>> = {
  'pod-veth': 'pod veth',
  bridge: 'bridge',
  'tunnel-device': 'tunnel device',
  'node-nic': 'node NIC',
  'host-nic': 'host NIC',
  any: 'all interfaces',
  outside: 'outside',
  unknown: 'capture point',
};

/** Paths on the map. A reader follows a few. */
export const MAP_PATHS = 3;

/** The path of the verdict first, then those with losses, then by conversations. */
export function mapPaths(report: Report): MapPath[] {
  const between = verdictsPlace(report);
  const weight = (path: ReportPath): number => {
    const [toServer, toClient] = path.lost;
    const lost = [...toServer, ...toClient].reduce((sum, count) => sum + count, 0);
    return (isBetween(path, between) ? 1e12 : 0) + (lost > 0 ? 1e9 : 0) + path.points.length * 1e6 + path.conversations;
  };
  const several = report.paths.filter(({ points }) => points.length > 1);
  const chosen = (several.length > 0 ? several : report.paths).toSorted((a, b) => weight(b) - weight(a));
  return chosen.slice(0, several.length > 0 ? MAP_PATHS : 1).map((path, at) => pathOf(report, path, at === 0));
}

const verdictsPlace = ({ verdict, findings: [first] }: Report): readonly [string, string] | null =>
  verdict === null ? null : (first?.location.between ?? null);

const isBetween = ({ points }: ReportPath, between: readonly [string, string] | null): boolean =>
  between !== null &&
  Math.abs(points.indexOf(between[0]) - points.indexOf(between[1])) === 1 &&
  points.includes(between[0]);

function pathOf(report: Report, path: ReportPath, isVerdicts: boolean): MapPath {
  const first = report.verdict === null ? undefined : report.findings[0];
  const between = verdictsPlace(report);
  const named = isVerdicts && first !== undefined && first.subject.protocol !== 'capture' ? first.subject : undefined;
  const ends = isVerdicts ? report.ladder : null;
  return {
    client: ends?.client ?? named?.client ?? 'clients',
    server: ends?.server ?? named?.server ?? 'servers',
    conversations: path.conversations,
    stops: path.points.map((id, at) => {
      const point = report.points.find((candidate) => candidate.id === id);
      const next = path.points[at + 1];
      return {
        ...placeOf(report, id),
        role: ROLES[point?.role ?? 'unknown'] ?? point?.role ?? '',
        isTunnelDevice: point?.role === 'tunnel-device',
        packets: [path.packets[0][at] ?? 0, path.packets[1][at] ?? 0],
        lost: next === undefined ? null : lostBehind(path, at),
        isBreak: between !== null && next !== undefined && between.includes(id) && between.includes(next),
      };
    }),
  };
}

/** Neighbouring stops of one host: the first and last index of each group. */
export function hostGroups(stops: readonly MapStop[]): { host: string; from: number; to: number }[] {
  const groups: { host: string; from: number; to: number }[] = [];
  for (const [at, { host }] of stops.entries()) {
    const last = groups.at(-1);
    if (last !== undefined && last.host === host && host !== '') last.to = at;
    else groups.push({ host, from: at, to: at });
  }
  return groups;
}

/** Stretches between tunnel devices: what lies between two of them is inside a tunnel. */
export function tunnelsOf(stops: readonly MapStop[]): { from: number; to: number }[] {
  const devices = stops.flatMap((stop, at) => (stop.isTunnelDevice ? [at] : []));
  return devices.flatMap((from, nth) => {
    const to = devices[nth + 1];
    return nth % 2 === 0 && to !== undefined && stops[from].host !== stops[to].host ? [{ from, to }] : [];
  });
}
