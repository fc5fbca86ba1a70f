import { createRequire } from 'node:module';

/** The part of the package `table` that is used. */
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

/** Loaded when the first table is drawn, so that JSON and reports without tables start faster. */
export const tablePackage = (): TablePackage => (loaded ??= createRequire(import.meta.url)('table') as TablePackage);
