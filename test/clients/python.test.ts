import { clientSuite } from './suite.ts';

clientSuite('python');
