import { createRequire } from 'node:module';

/** What is used of the package `table`. */
export interface TablePackage {
  table(
    rows: readonly (readonly string[])[],
    config: {
      border: object;
      drawHorizontalLine: () => boolean;
      columnDefault: { paddingLeft: number; paddingRight: number };
      columns: { width: number }[];
    },
  ): string;
}

let loaded: TablePackage | undefined;

/** Loaded when the first table is drawn: a report without tables, and JSON, start faster without it. */
export const tablePackage = (): TablePackage => (loaded ??= createRequire(import.meta.url)('table') as TablePackage);
