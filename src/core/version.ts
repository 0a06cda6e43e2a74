/** The version of Sallyport. The core reads no file, so it is written here too; test/parity/versions.test.ts compares. */
export const version = '0.2.0-dev';

/** The proxy of the same version, as `npm run images` names it. */
export const defaultProxyImage = `sallyport-proxy:${version}`;
