import type { Report } from '../model/report.ts';
import { drawLadder } from './ladder.ts';
import { drawMap } from './map.ts';
import { type Picture, svgFile } from './picture.ts';
import { drawRates } from './rates.ts';
import { drawSequence } from './sequence.ts';
import { drawSizes } from './sizes.ts';
import { COLORS, PICTURE_RULES } from './style.ts';
import { drawTries } from './tries.ts';
import { drawWaits } from './waits.ts';

/** Names of the pictures on the command line. */
export const PICTURE_NAMES = ['map', 'ladder', 'sequence', 'throughput', 'sizes', 'tries', 'waits'] as const;
/** One of `PICTURE_NAMES`. */
export type PictureName = (typeof PICTURE_NAMES)[number];

/** Every picture by its name; null where the report has nothing to draw. */
const GALLERY: Readonly<Record<PictureName, (report: Report) => Picture | null>> = {
  map: (report: Report) => drawMap(report, 'wide'),
  ladder: drawLadder,
  sequence: (report: Report) => ofFirst(report, drawSequence),
  throughput: (report: Report) => ofFirst(report, drawRates),
  sizes: drawSizes,
  tries: drawTries,
  waits: drawWaits,
};

/** The first capture point is the one nearest to the client. */
function ofFirst<T>(
  report: Report,
  draw: (report: Report, sequence: NonNullable<Report['pictures']>['sequences'][number]) => T,
): T | null {
  const first = report.pictures?.sequences[0];
  return first === undefined ? null : draw(report, first);
}

/**
 * One picture of a report as an SVG file; null where the report has nothing to draw. All but `map` and `ladder` need a
 * report that was made with `pictures`.
 */
export function formatPicture(report: Report, name: PictureName): string | null {
  const picture = GALLERY[name](report);
  return picture === null ? null : svgFile(picture, `${COLORS}${PICTURE_RULES}`);
}
