/** Ids of captures and capture points in reports and tables: "c1", "p1". @param index from 0 */
export const captureId = (index: number): string => `c${index + 1}`;
export const pointId = (index: number): string => `p${index + 1}`;
