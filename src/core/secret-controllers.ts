/** Resources of other systems that make a Secret by themselves, some time after they are applied. */
interface SecretController {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  /** Newest first. */
  readonly versions: readonly string[];
  /** Where the Secret's name is written; it is the object's own name when nothing is. */
  readonly secretName: readonly string[];
}

export const secretControllers: readonly SecretController[] = [
  {
    group: 'external-secrets.io',
    kind: 'ExternalSecret',
    plural: 'externalsecrets',
    versions: ['v1', 'v1beta1'],
    secretName: ['spec', 'target', 'name'],
  },
  {
    group: 'bitnami.com',
    kind: 'SealedSecret',
    plural: 'sealedsecrets',
    versions: ['v1alpha1'],
    secretName: ['spec', 'template', 'metadata', 'name'],
  },
  {
    group: 'cert-manager.io',
    kind: 'Certificate',
    plural: 'certificates',
    versions: ['v1'],
    secretName: ['spec', 'secretName'],
  },
];

export const secretControllerOf = (group: string, kind: string): SecretController | undefined =>
  secretControllers.find((maker) => maker.group === group && maker.kind === kind);

/** The name of the Secret that such an object makes. */
export function controlledSecret({ secretName }: SecretController, object: unknown): string | undefined {
  const at = (path: readonly string[]) =>
    path.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined | null)?.[key],
      object,
    );
  const written = at(secretName) ?? at(['metadata', 'name']);
  return typeof written === 'string' && written !== '' ? written : undefined;
}
