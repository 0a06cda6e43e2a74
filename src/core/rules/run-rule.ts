import { identity, type Finding } from '../finding.ts';
import type { McpServer } from '../model.ts';
import type { KnownRule } from './index.ts';
import type { RuleContext } from './rule.ts';
import { serverFingerprint } from './server-fingerprint.ts';

/** What one rule finds in one server. */
export function runRule(rule: KnownRule, server: McpServer, context: RuleContext): Finding[] {
  const reports = rule.check(server, context);
  if (reports.length === 0) return [];
  const unchanged = rule.ratchet === 'server' ? [serverFingerprint(server)] : [];
  return reports.map(({ subject, ...said }) => ({
    code: rule.code,
    ...said,
    identity: identity(rule.code, server.name, ...subject, ...unchanged),
  }));
}
