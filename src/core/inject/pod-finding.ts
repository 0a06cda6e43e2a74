import type { Code } from '../codes.ts';
import { identity, type Finding } from '../finding.ts';
import type { Path } from '../path.ts';

/** A finding about a pod. Pods are judged when they are created, so there is nothing to compare it with. */
export function podFinding(code: Code, at: Path, what: string, why: string, fix: string): Finding {
  return { code, at, what, why, fix, identity: identity(code, String(at), what) };
}
