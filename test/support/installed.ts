import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { COMMAND } from '../package/packed.mjs';

/** Folder of a project that has the packed package installed. @throws Error when the tree is not built */
export function installedProject(): string {
  const project = inject('project');
  if (!existsSync(join(project, COMMAND))) throw new Error('there is nothing to pack: npm run build');
  return project;
}

/** Path of the command of the installed package. @throws Error when the tree is not built */
export const installedCommand = (): string => join(installedProject(), COMMAND);
