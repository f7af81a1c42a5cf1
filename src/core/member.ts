/** A member's written name, `provider/model`. Splits it; whether such a provider or model exists is not known here. */

/** At the first slash, since a model's own id may hold more of them. Without one the provider is empty. */
export function splitMember(member: string): { provider: string; model: string } {
  const slash = member.indexOf("/");
  return { provider: member.slice(0, Math.max(slash, 0)), model: member.slice(slash + 1) };
}

export const providerOf = (member: string): string => splitMember(member).provider;
