import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';

/** An entry of a folder that has the name of a capture but is not read. */
export interface Passed {
  /** Path in the folder, as octets. */
  file: Buffer;
  because: string;
}

export interface Walked {
  /** Paths in the folder, as octets, in order. */
  files: Buffer[];
  passed: Passed[];
  /** Files whose names are not wanted, as octets, in order. */
  others: Buffer[];
}

type Entry = Dirent<Buffer>;
/** Hidden files are nobody's captures. */
const DOT = 0x2e;
const SEPARATOR = Buffer.from('/');

/**
 * Returns the files below `root` with the wanted names. Links are followed once, and only inside the folder. A file or
 * folder that was already reached is not read again. Targets outside the folder, pipes, devices and sockets are
 * skipped.
 *
 * @throws errors of reading the folder itself
 */
export function walkFolder(root: Buffer, isWanted: (name: string) => boolean): Walked {
  const walk = new Walk(root, isWanted);
  return walk.result();
}

class Walk {
  readonly #root: Buffer;
  readonly #real: Buffer;
  readonly #isWanted: (name: string) => boolean;
  readonly #files: Buffer[] = [];
  readonly #passed: Passed[] = [];
  readonly #others: Buffer[] = [];
  /** Links; they are followed after all files and folders. */
  readonly #links: Buffer[] = [];
  /** Files and folders by device and inode. */
  readonly #reached = new Set<string>();

  constructor(root: Buffer, isWanted: (name: string) => boolean) {
    this.#root = root;
    this.#real = realpathSync(root, { encoding: 'buffer' });
    this.#isWanted = isWanted;
  }

  result(): Walked {
    this.#enter(Buffer.alloc(0));
    for (let link = this.#links.shift(); link !== undefined; link = this.#links.shift()) this.#follow(link);
    const byOctets = (a: Buffer, b: Buffer): number => Buffer.compare(a, b);
    return {
      files: this.#files.sort(byOctets),
      passed: this.#passed.sort((a, b) => byOctets(a.file, b.file)),
      others: this.#others.sort(byOctets),
    };
  }

  #enter(folder: Buffer): void {
    let entries: Entry[];
    try {
      this.#reached.add(identityOf(statSync(this.#onDisk(folder))));
      entries = readdirSync(this.#onDisk(folder), { encoding: 'buffer', withFileTypes: true }) as unknown as Entry[];
    } catch (error) {
      if (folder.length === 0) throw error;
      this.#pass(folder, error instanceof Error ? error.message : String(error));
      return;
    }
    for (const entry of entries.sort((a, b) => Buffer.compare(a.name, b.name))) {
      const path = folder.length === 0 ? entry.name : Buffer.concat([folder, SEPARATOR, entry.name]);
      if (entry.isSymbolicLink()) this.#links.push(path);
      else if (entry.isDirectory()) this.#enter(path);
      else if (this.#isWanted(entry.name.toString())) this.#take(path, entry);
      else if (entry.isFile() && entry.name[0] !== DOT) this.#others.push(path);
    }
  }

  #take(path: Buffer, entry: Entry | Stats): void {
    if (!entry.isFile()) {
      this.#pass(path, entry.isFIFO() ? 'it is a named pipe' : 'it is no file');
      return;
    }
    try {
      this.#reached.add(identityOf(statSync(this.#onDisk(path))));
    } catch {
      // The analysis reports what cannot be read.
    }
    this.#files.push(path);
  }

  #follow(link: Buffer): void {
    const isNamed = this.#isWanted(link.subarray(link.lastIndexOf('/') + 1).toString());
    let real: Buffer;
    let found: Stats;
    try {
      real = realpathSync(this.#onDisk(link), { encoding: 'buffer' });
      found = statSync(real);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (isNamed)
        this.#pass(link, code === 'ELOOP' ? 'it is a link that leads in a circle' : 'it is a link to nothing');
      return;
    }
    if (!found.isDirectory() && !isNamed) return;
    if (!this.#isInside(real)) this.#pass(link, 'it is a link out of the folder');
    else if (this.#reached.has(identityOf(found))) this.#pass(link, 'it is a link to what is read already');
    else if (found.isDirectory()) this.#enter(link);
    else this.#take(link, found);
  }

  #isInside(real: Buffer): boolean {
    const root = this.#real.equals(SEPARATOR) ? this.#real : Buffer.concat([this.#real, SEPARATOR]);
    return real.equals(this.#real) || real.subarray(0, root.length).equals(root);
  }

  #pass(file: Buffer, because: string): void {
    this.#passed.push({ file, because });
  }

  #onDisk(path: Buffer): Buffer {
    return path.length === 0 ? this.#root : Buffer.concat([this.#root, SEPARATOR, path]);
  }
}

const identityOf = ({ dev, ino }: Stats): string => `${dev} ${ino}`;
