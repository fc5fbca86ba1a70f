import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** Folders below which captures may be read. */
export class AllowedPaths {
  readonly #roots: readonly string[];

  private constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /** @throws Error for a folder that is not there, or is none */
  static async of(folders: readonly string[]): Promise<AllowedPaths> {
    const roots: string[] = [];
    for (const folder of folders) {
      const real = await realpath(folder);
      if (!(await stat(real)).isDirectory()) throw new Error(`${folder} is no folder`);
      roots.push(real);
    }
    return new AllowedPaths(roots);
  }

  /**
   * The real path of a capture: symbolic links are resolved before it is compared. A relative path is looked for below
   * each folder.
   *
   * @throws Error for what is not below a folder, is not there, or is no regular file; it does not say which of the first two
   */
  async fileOf(path: string): Promise<string> {
    for (const root of this.#roots) {
      const real = await realpath(isAbsolute(path) ? path : resolve(root, path)).catch(() => undefined);
      if (real === undefined || !isBelow(root, real)) continue;
      if (!(await stat(real)).isFile()) throw new Error(`"${path}" is no file: name captures, not folders`);
      return real;
    }
    throw new Error(`"${path}" is not there, or not below a folder that --root allows`);
  }
}

const isBelow = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};
