/** Exact rational numbers of bounded length, and the one spelling that equal numbers share. Never floats: 0.1 + 0.2 questions do not arise. */

export interface Rational {
  n: bigint;
  d: bigint;
}

/** Digits in one number beyond which it is no answer but a loop (a double ends near 10^308). */
export const MAX_DIGITS = 300;
/** Decimals that count: models write 0.667 or 0.666667 for 2/3; small numbers keep this many significant digits instead. */
const DECIMALS = 6;

/** `digits` like "12", "12.5", ".5", without signs or separators; null when too long. */
export function rationalOf(digits: string, exponent = 0): Rational | null {
  const [whole = "", part = ""] = digits.split(".");
  if (whole.length > MAX_DIGITS || part.length > MAX_DIGITS || Math.abs(exponent) > MAX_DIGITS) return null;
  const n = BigInt(`${whole}${part}` === "" ? "0" : `${whole}${part}`);
  const shift = exponent - part.length;
  return shift >= 0 ? { n: n * 10n ** BigInt(shift), d: 1n } : { n, d: 10n ** BigInt(-shift) };
}

export const negate = (value: Rational): Rational => ({ n: -value.n, d: value.d });
export const add = (a: Rational, b: Rational): Rational => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
export const multiply = (a: Rational, b: Rational): Rational => ({ n: a.n * b.n, d: a.d * b.d });
export function divide(a: Rational, b: Rational): Rational | null {
  if (b.n === 0n) return null;
  const n = a.n * b.d;
  const d = a.d * b.n;
  return d < 0n ? { n: -n, d: -d } : { n, d };
}

/** Decimal text rounded half away from zero to `places`, without trailing zeros. */
function toDecimal(value: Rational, places: number): string {
  const size = value.n < 0n ? -value.n : value.n;
  const scaled = (size * 10n ** BigInt(places) * 2n + value.d) / (value.d * 2n);
  if (scaled === 0n) return "0";
  const digits = scaled.toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  let end = digits.length;
  while (end > whole.length && digits[end - 1] === "0") end--;
  const part = digits.slice(whole.length, end);
  return `${value.n < 0n ? "-" : ""}${whole}${part === "" ? "" : `.${part}`}`;
}

/** Zeros between the point and the first digit of a number below one. */
function leadingZeros(value: Rational): number {
  const size = value.n < 0n ? -value.n : value.n;
  if (size === 0n || size >= value.d) return 0;
  return Math.max(0, value.d.toString().length - size.toString().length - 1);
}

/** Equal for equal numbers: six decimals, or six significant digits where the number is small. */
export const keyOf = (value: Rational): string => toDecimal(value, DECIMALS + leadingZeros(value));
export const numberOf = (value: Rational): number => Number(toDecimal(value, 20 + leadingZeros(value)));
