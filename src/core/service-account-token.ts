import { matchesGlob } from './glob.ts';
import type { TokenRequest } from './model.ts';
import { parseUrl } from './url.ts';

/** Which tokens of a pod's ServiceAccount the platform lets servers ask for. */
export interface TokenPolicy {
  readonly allowed: readonly AllowedToken[];
  /** Audiences of the API server besides the known ones; `*` stands for any text. */
  readonly apiServerAudiences: readonly string[];
}

/** One entry of `credentials.serviceAccountTokens`. */
export interface AllowedToken {
  /** `*` stands for any text, here and in the names of namespaces. */
  readonly audience: string;
  readonly namespaces: readonly string[];
  readonly origins: readonly string[];
  /** CAs besides the system's roots that may vouch for the origins: `configmap/NAME/KEY`, `secret/NAME/KEY` or `any`. */
  readonly cas: readonly string[];
}

/** Without a configuration, nothing is allowed. */
export const noTokens: TokenPolicy = { allowed: [], apiServerAudiences: [] };

/**
 * What API servers accept as their own audience: `--api-audiences`, or without it `--service-account-issuer`. The
 * defaults of Kubernetes, kubeadm and OpenShift, the programs' names that k3s and RKE2 add, what older guides and
 * konnectivity set, and the issuers of EKS, GKE and AKS.
 */
const knownApiServerAudiences = [
  'api',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.*',
  'https://kubernetes',
  'https://kubernetes.default',
  'https://kubernetes.default.svc',
  'https://kubernetes.default.svc.*',
  'k3s',
  'rke2',
  'system:konnectivity-server',
  'https://oidc.eks.*',
  'https://oidc-eks.*',
  'https://container.googleapis.com/v1/projects/*',
  'https://*.oic.prod-aks.azure.com/*',
  'https://*.azmk8s.io*',
];

/** Whether a token for this audience is a credential for the API server, as far as that is known. */
export const isForApiServer = (audience: string, { apiServerAudiences }: TokenPolicy): boolean =>
  [...knownApiServerAudiences, ...apiServerAudiences].some((pattern) => matchesGlob(pattern, audience));

/** A URL of a server is rarely longer, and a header holds 8 KiB with everything else of the token. */
const longestAudience = 256;

/** Kubernetes rejects a shorter lifetime in a pod. */
const shortestLifetime = 600;

/**
 * The kubelet replaces a token that is older than a day, whatever its lifetime. A longer lifetime only extends the time
 * in which a copied token works.
 */
const longestLifetime = 24 * 60 * 60;

export interface TokenProblem {
  readonly part: keyof TokenRequest;
  /** Completes a sentence about that part. */
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** What is wrong with the form of a token. RFC 7519: an audience with a colon is a URI. */
export function tokenProblems({ audience, expirationSeconds }: TokenRequest): TokenProblem[] {
  const seconds = expirationSeconds.value;
  const form = audienceProblem(audience.value);
  return [
    ...(form === undefined
      ? []
      : [
          {
            part: 'audience' as const,
            what: form,
            why: 'no server verifies such an audience',
            fix: 'write the audience that the server accepts, such as its URL: https://HOST',
          },
        ]),
    ...(seconds >= shortestLifetime && seconds <= longestLifetime
      ? []
      : [
          {
            part: 'expirationSeconds' as const,
            ...(seconds < shortestLifetime
              ? {
                  what: `is less than ${shortestLifetime}`,
                  why: 'Kubernetes rejects a pod with such a token',
                }
              : {
                  what: `is more than ${longestLifetime}`,
                  why: 'the kubelet replaces a token after a day, and a copied token would work until its end',
                }),
            fix: `write a number from ${shortestLifetime} to ${longestLifetime}, or leave the field out for an hour`,
          },
        ]),
  ];
}

function audienceProblem(audience: string): string | undefined {
  if (audience.length > longestAudience) return `has more than ${longestAudience} characters`;
  if (!/^[\x21-\x7e]+$/.test(audience)) return 'holds a space or a character that is not visible ASCII';
  if (audience.includes(':') && !parseUrl(audience)) return 'has a colon and is no URI';
  return undefined;
}
