import { hostileSuite } from './suite.ts';

hostileSuite('hostile', { rounds: 10, senders: 6 });
