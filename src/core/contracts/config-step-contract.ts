import {
  absolute,
  encodeContract,
  fail,
  list,
  object,
  oneOf,
  readContract,
  string,
  type Check,
} from './contract-checks.ts';
import type { ValuePath } from '../text-document.ts';

/**
 * The contract between the injector and the step that writes an operator's configuration anew in the pod (version 1).
 * What the operator wrote is mounted at `from`; the app mounts `to` in its stead.
 */

export const configStepCommand = ['node', '/sallyport/config.mjs'] as const;

export const configStepEnv = 'SALLYPORT_CONFIG_STEP';

/** Beside the proxy's own folders, in this container alone. */
export const configStepDirs = { from: '/var/run/sallyport/config/from', to: '/var/run/sallyport/config/to' };

/** One server in the file that is rewritten; of what it finds there it tells names, never values. */
export interface ConfigEntry {
  /** Its name in the proxy's configuration. */
  readonly server: string;
  /** What must still stand there; without a value, that nothing does. */
  readonly seen: readonly { readonly at: ValuePath; readonly value?: unknown }[];
  readonly set: readonly { readonly at: ValuePath; readonly value: string }[];
  /** Fields that go, where they are there. */
  readonly remove: readonly ValuePath[];
}

export interface ConfigStep {
  readonly version: 1;
  readonly from: string;
  readonly to: string;
  /** The one that is rewritten; all others are copied. */
  readonly file: string;
  readonly format: 'json' | 'yaml';
  /** When an entry is not what was seen: `exit` with 1, or `copy` it as it is and say so. */
  readonly onMismatch: 'exit' | 'copy';
  readonly entries: readonly ConfigEntry[];
}

/** One line of JSON in the contract's key order. */
export function encodeConfigStep(step: ConfigStep): string {
  const { version, from, to, file, format, onMismatch } = step;
  const entries = step.entries.map(({ server, seen, set, remove }) => ({ server, seen, set, remove }));
  return encodeContract({ version, from, to, file, format, onMismatch, entries });
}

const place: Check = (value, at) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((key) => typeof key === 'string' || Number.isInteger(key))
    ? value
    : fail(`${at} must be a list of keys and indexes`);

const fileName: Check = (value, at) =>
  (string(value, at) as string).includes('/') || value === '..'
    ? fail(`${at} must be the name of a file`)
    : value;

const stepFields = object({
  version: (value) => value,
  from: absolute,
  to: absolute,
  file: fileName,
  format: oneOf('json', 'yaml'),
  onMismatch: oneOf('exit', 'copy'),
  entries: list(
    object({
      server: string,
      seen: list(object({ at: place }, { value: (value) => value })),
      set: list(object({ at: place, value: string })),
      remove: list(place),
    }),
  ),
});

/** Throws `ContractError` with one line for anything this version does not know. */
export const decodeConfigStep = (text: string): ConfigStep =>
  stepFields(readContract(text, 'step'), '') as ConfigStep;
