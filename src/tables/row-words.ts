import type { CapturePoint } from '../flows/evidence/evidence.ts';
import { captureId } from '../text/ids.ts';

/** What rows need to know of the capture points. */
export type PointsOfTables = readonly Pick<CapturePoint, 'capture'>[];

export const captureOfPoint = (points: PointsOfTables, point: number): string => captureId(points[point].capture);
