import { provides } from '../cluster/provides.ts';
import { withOperators } from './install.ts';

export const { setup, teardown } = provides('operators', withOperators);
