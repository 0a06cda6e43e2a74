import type { OperatorAdapter } from './operator-adapter.ts';
import { kagent } from './kagent/kagent.ts';
import { kelos } from './kelos/kelos.ts';
import { toolhive } from './toolhive/toolhive.ts';

/** One for each name of `operatorNames`. */
export const operatorAdapters: readonly OperatorAdapter[] = [kelos, toolhive, kagent];
