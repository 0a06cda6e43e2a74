import { defineMetadata } from '../metadata.ts';

export const settingWithoutEffect = defineMetadata({
  code: 'MCP305',
  title: 'setting without effect',
  mode: 'warn',
  atPods: 'refuse-if-enforced',
});
