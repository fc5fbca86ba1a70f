interface Project {
  name: string;
  files: string[];
}

export const PROJECTS: Project[];
export function consumerProject(scratch: string, tarball?: string): string;
export function compileConsumers(
  project: string,
  options: { compiler: string; version: string; projects?: Project[]; skips?: boolean[] },
): string[];
export function compilerOf(words: string): { compiler: string; version: string };
