import type { Family } from './family.ts';
import { kagent } from './kagent/kagent.ts';
import { kelos } from './kelos/kelos.ts';
import { toolhive } from './toolhive/toolhive.ts';

/** One for each name of `operatorNames`. */
export const families: readonly Family[] = [kelos, toolhive, kagent];
