import { Session } from 'node:inspector/promises';

/**
 * Counts elementary steps: how often each block of our own code runs, as V8 counts it. Nothing in the code counts for it, so
 * a loop inside a loop cannot hide.
 */
const ours = /\/src\/(?:core|engine)\//;

export interface StepCounter {
  count(run: () => unknown): Promise<number>;
  stop(): void;
}

export async function stepCounter(): Promise<StepCounter> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const taken = async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return result
      .filter(({ url }) => ours.test(url))
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
      .reduce((sum, { count }) => sum + count, 0);
  };
  return {
    async count(run) {
      await taken();
      await run();
      return taken();
    },
    stop: () => session.disconnect(),
  };
}

type Json = Readonly<Record<string, unknown>>;
type Place = readonly (string | number)[];

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Maps whose keys an author chooses. */
const chosen = new Set([
  'labels',
  'annotations',
  'data',
  'headers',
  'env',
  'config',
  'addPlaintextHeaders',
  'values',
]);

/** Every list with something in it, and every map with keys of the author's: what can be made longer. One of a kind. */
export function growable(value: unknown): Place[] {
  const places = below(value, []);
  return [
    ...new Map(places.map((at) => [at.filter((key) => typeof key === 'string').join('.'), at])).values(),
  ];
}

function below(value: unknown, at: Place): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const long = Array.isArray(value) || (isMap(value) && chosen.has(String(at.at(-1))));
  return [
    ...(long && entries.length > 0 ? [at] : []),
    ...entries.flatMap(([key, one]) => below(one, [...at, Array.isArray(value) ? Number(key) : key])),
  ];
}

const named = new Set(['name', 'key', 'headerName', 'secretName', 'mountPath', 'alias']);

/** A copy under other names, so that it is another thing and not the same one again. */
function renamed(value: unknown, suffix: string, key = ''): unknown {
  if (typeof value === 'string') return named.has(key) ? `${value}-${suffix}` : value;
  if (Array.isArray(value)) return value.map((one) => renamed(one, suffix));
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, renamed(one, suffix, name)]));
}

/** The object with so many items or entries at a place. */
export function grown(value: unknown, [step, ...rest]: Place, size: number): unknown {
  if (step === undefined) {
    const indexes = Array.from({ length: size }, (_, i) => i);
    if (Array.isArray(value))
      return indexes.map(
        (i) => (i < value.length ? value[i] : renamed(value[i % value.length], String(i))) as unknown,
      );
    const entries = Object.entries(value as Json);
    return Object.fromEntries(
      indexes.map((i): [string, unknown] => {
        const [name = '', one] = entries[i % entries.length] ?? [];
        return [i < entries.length ? name : `${name}-${i}`, one];
      }),
    );
  }
  if (Array.isArray(value))
    return value.map((one: unknown, i) => (i === step ? grown(one, rest, size) : one));
  return { ...(value as Json), [step]: grown((value as Json)[step], rest, size) };
}
