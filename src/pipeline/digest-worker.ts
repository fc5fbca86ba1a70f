import { workForParent } from './work-for-parent.ts';

await workForParent();
