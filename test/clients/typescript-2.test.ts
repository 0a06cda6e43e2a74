import { clientSuite } from './suite.ts';

clientSuite('typescript-2');
