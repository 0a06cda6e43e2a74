import manifest from '../../package.json' with { type: 'json' };

/** The version of the program, which is that of the package. */
export const { version } = manifest;
