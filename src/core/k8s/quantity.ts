/**
 * Amounts as Kubernetes writes them: `10m`, `1.5`, `48Mi`, `1e3`. As plain numbers they are exact far beyond what any
 * node has (2^53 thousandths of a core, or bytes).
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Cores or bytes; `undefined` for what is no quantity. The API server also takes plain numbers. */
export function quantityOf(written: unknown): number | undefined {
  const text = typeof written === 'number' ? String(written) : written;
  if (typeof text !== 'string') return undefined;
  const [, number = '', suffix = ''] =
    /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(text) ?? [];
  return number === '' ? undefined : Number(number) * (suffixes[suffix] ?? 1);
}

const mebi = 2 ** 20;

/** `10m`, `2`: in thousandths, rounded up, since less could be refused. */
export const cpuText = (cores: number): string => {
  const milli = Math.ceil(Math.round(cores * 1e6) / 1e3);
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
};

/** `48Mi`, or plain bytes where it is not whole, and `0` as the API server stores it. */
export const memoryText = (bytes: number): string =>
  bytes > 0 && bytes % mebi === 0 ? `${bytes / mebi}Mi` : String(Math.ceil(bytes));
