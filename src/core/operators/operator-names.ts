/** The operators whose pods Sallyport rewrites; each has its key below `inject.families` in the configuration. */
export const operatorNames = ['kelos', 'toolhive', 'kagent'] as const;
export type OperatorName = (typeof operatorNames)[number];
