/** Where captures were taken, by path or file name, as the user says it. */
export type GivenPoints = Record<string, GivenPlace>;

export interface GivenPlace {
  host: string;
  interface: string;
}

export const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;

/** What was given for a capture; undefined when nothing was. */
export const givenPlace = (given: GivenPoints, path: string): GivenPlace | undefined =>
  given[path] ?? given[fileName(path)];
