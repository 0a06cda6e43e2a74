import manifest from '../../package.json' with { type: 'json' };
import { version } from './version.ts';

/** What machine formats say of the program that wrote them. */
export const tool = { name: 'sallyport', version, homepage: manifest.homepage } as const;
