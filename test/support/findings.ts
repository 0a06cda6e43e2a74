/** The findings of a JSON report of `lint` or `audit`. */
export const findingsIn = <Row>(report: string): Row[] =>
  (JSON.parse(report) as { readonly findings: Row[] }).findings;
