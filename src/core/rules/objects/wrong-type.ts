import { defineMetadata } from '../metadata.ts';

export const wrongType = defineMetadata({
  code: 'MCP001',
  title: 'field of the wrong type',
  mode: 'enforce',
  needsFilledValue: true,
  atPods: 'refuse',
});
