import type { TokenRequest } from '../model.ts';

/**
 * Where a file of the proxy comes from. The configuration of the proxy has it as a text, from which planning and the
 * final check generate the volume.
 */
export type FileSource =
  | { readonly kind: 'secret' | 'configMap'; readonly name: string; readonly key: string }
  | { readonly kind: 'serviceAccountToken'; readonly audience: string; readonly expirationSeconds: number };

const tokenKind = 'serviceaccounttoken';

/** `serviceaccounttoken/SECONDS/AUDIENCE`: an audience may hold slashes. */
export const tokenText = ({ audience, expirationSeconds }: TokenRequest): string =>
  `${tokenKind}/${expirationSeconds.value}/${audience.value}`;

/** The source that a text names; without a key it is a whole Secret. */
export function readFileSource(text: string): FileSource | undefined {
  const [, kind, first = '', rest = ''] =
    /^(secret|configmap|serviceaccounttoken)\/([^/]+)(?:\/(.+))?$/s.exec(text) ?? [];
  if (kind === undefined) return undefined;
  if (kind !== tokenKind) return { kind: kind === 'secret' ? 'secret' : 'configMap', name: first, key: rest };
  if (!/^\d{1,16}$/.test(first) || rest === '') return undefined;
  return { kind: 'serviceAccountToken', audience: rest, expirationSeconds: Number(first) };
}

/** Whether both are keys of one object, which one source projects. */
export const isSameObject = (one: FileSource, other: FileSource | undefined): boolean =>
  one.kind !== 'serviceAccountToken' &&
  other?.kind === one.kind &&
  other.name === one.name &&
  one.key !== '' &&
  other.key !== '';
