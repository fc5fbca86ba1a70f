import type { CapturePoint, Endpoint } from '../flows/evidence/evidence.ts';

/** What rows need to know of the capture points. */
export type PointsOfTables = readonly Pick<CapturePoint, 'capture'>[];

/** Ids as in the report. */
export const captureId = (index: number): string => `c${index + 1}`;
export const pointId = (index: number): string => `p${index + 1}`;

export const captureOfPoint = (points: PointsOfTables, point: number): string => captureId(points[point].capture);

/** ADDRESS:PORT, with brackets around an IPv6 address; the address alone without a port. */
export function endText({ address, port }: Endpoint): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
