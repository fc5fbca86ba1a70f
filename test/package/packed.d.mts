/** Path, inside a project, of the installed command. */
export const COMMAND: string;

/**
 * Packs a tree that is built.
 *
 * @param destination folder for the tarball, made when absent
 * @returns path of the tarball
 */
export function packTree(tree: string, destination: string): string;

/**
 * Makes a project that has the packed package installed, with links to its dependencies.
 *
 * @param project folder, made when absent
 * @param dependencies `node_modules` to link from: of what the packed package.json names, nothing else
 * @param name of the package
 */
export function extractInto(project: string, tarball: string, dependencies: string, name?: string): void;

/** The same by `npm install`, with dependencies from the registry. */
export function installFromRegistry(project: string, tarball: string): void;
