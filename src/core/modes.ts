/** What happens to a finding. `audit` is for the log and the report alone. */
export type Mode = 'enforce' | 'warn' | 'audit' | 'off';
export const modes = ['enforce', 'warn', 'audit', 'off'] as const satisfies readonly Mode[];
