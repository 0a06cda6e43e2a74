/**
 * How the programs in the pod read what the injector wrote for them: strictly, because a typo must stop a pod before its
 * app starts. Imported by the proxy, so this file imports nothing.
 */

/** 64 KiB: an environment variable is at most 128 KiB on Linux, and a pod has more than one. */
export const maxConfigBytes = 64 * 1024;
export const contractVersion = 1;

/** One line of JSON. Every `$` is an escape, because kubelet expands `$(NAME)` in the value of an environment variable. */
export const encodeContract = (config: object): string => JSON.stringify(config).replaceAll('$', '\\u0024');

/** What is wrong with a configuration, in one line that names the place and never a value. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}

export const fail = (message: string): never => {
  throw new ContractError(message);
};

export type JsonObject = Record<string, unknown>;
export type Check = (value: unknown, at: string) => unknown;

export const string: Check = (value, at) =>
  typeof value === 'string' && value !== '' ? value : fail(`${at} must be a non-empty string`);
export const boolean: Check = (value, at) =>
  typeof value === 'boolean' ? value : fail(`${at} must be true or false`);
export const port: Check = (value, at) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535
    ? value
    : fail(`${at} must be a port number`);
export const oneOf =
  (...allowed: string[]): Check =>
  (value, at) =>
    allowed.includes(value as string) ? value : fail(`${at} must be one of ${allowed.join(', ')}`);
export const nullable =
  (check: Check): Check =>
  (value, at) =>
    value === null ? null : check(value, at);
export const list =
  (check: Check): Check =>
  (value, at) =>
    Array.isArray(value) ? value.map((item, i) => check(item, `${at}[${i}]`)) : fail(`${at} must be a list`);
export const absolute: Check = (value, at) => {
  const path = string(value, at) as string;
  return path.startsWith('/') && !path.split('/').includes('..')
    ? path
    : fail(`${at} must be an absolute path`);
};

/** An object with exactly these keys; `optional` ones may be left out. */
export const object =
  (required: Record<string, Check>, optional: Record<string, Check> = {}): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      fail(`${at === '' ? 'the configuration' : at} must be an object`);
    const fields = value as JsonObject;
    const where = (key: string) => (at === '' ? key : `${at}.${key}`);
    for (const key of Object.keys(fields)) {
      if (!Object.hasOwn(required, key) && !Object.hasOwn(optional, key))
        fail(`${where(key)} is not a key of contract version 1`);
    }
    for (const [key, check] of Object.entries(required)) {
      if (!Object.hasOwn(fields, key)) fail(`${where(key)} is missing`);
      check(fields[key], where(key));
    }
    for (const [key, check] of Object.entries(optional))
      if (Object.hasOwn(fields, key)) check(fields[key], where(key));
    return value;
  };

/** The JSON as it came, of a version that is known; its fields are still to be checked. */
export function readContract(text: string, reader: string): unknown {
  if (new TextEncoder().encode(text).length > maxConfigBytes)
    fail(`the configuration is over ${maxConfigBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    fail('the configuration is not JSON');
  }
  const version = (value as JsonObject | null)?.['version'];
  if (typeof value === 'object' && value !== null && version !== contractVersion) {
    fail(
      `version ${typeof version === 'number' ? version : 'missing'} is not known to this ${reader} (it reads version ${contractVersion})`,
    );
  }
  return value;
}
