import { hostileSuite } from '../hostile/suite.ts';

/** Each object once; `npm run test:hostile` sends them for longer. */
hostileSuite('hostile-short', { rounds: 1, senders: 2 });
