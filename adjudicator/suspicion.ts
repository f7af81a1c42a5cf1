/** Recognises text that speaks to a judge or forges structure. A flag may lower a candidate, never raise one. Never a proof: few honest answers match. */
export function isSuspicious(_text: string): boolean {
  return false;
}
