/** Where captures were taken, by path or file name, as given by the user. */
export type GivenPoints = Record<string, GivenPlace>;

/** What is not given is told by names and traffic. */
export interface GivenPlace {
  host?: string;
  interface?: string;
}

export const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;

/** The user's values for a capture; undefined without any. */
export const givenPlace = (given: GivenPoints, path: string): GivenPlace | undefined =>
  given[path] ?? given[fileName(path)];
