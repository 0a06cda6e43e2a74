import { clientSuite } from './suite.ts';

clientSuite('go');
