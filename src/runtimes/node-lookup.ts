/** Names to addresses at connect time: every answer is checked, and the checked ones are those connected to. */
import { lookup as systemLookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { type AddressBook } from "../egress/addresses.ts";
import { EgressError } from "../egress/egress.ts";

export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>;

export const resolveBySystem: Resolve = (host) => systemLookup(host, { all: true });

/** A name that leads to a private, loopback or link-local address anywhere in its answer is refused as a whole. Literals never come here. */
export function checkedLookup(book: AddressBook, resolve: Resolve): LookupFunction {
  const answer = async (host: string): Promise<{ address: string; family: number }[]> => {
    const addresses = await resolve(host);
    if (addresses.length === 0) throw Object.assign(new Error("no address"), { code: "ENOTFOUND" });
    if (addresses.every(({ address }) => book.mayResolveTo(address))) return addresses;
    throw new EgressError("address", "the name leads to an address that is neither public nor listed as local");
  };
  return async (host, options, callback) => {
    let addresses: { address: string; family: number }[];
    try {
      addresses = await answer(host);
    } catch (error) {
      callback(error as Error, []);
      return;
    }
    if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? "", addresses[0]?.family);
  };
}
