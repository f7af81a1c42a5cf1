/** Check digits and shapes of numbers that belong to persons: pure arithmetic on short texts. */

const onlyDigits = (text: string): string => text.replace(/\D/g, "");

/** ISO/IEC 7812: double every second digit from the right; the sum must end in 0. */
function luhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Issuer ranges with the lengths they use; digits alone would match one long number in ten. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65|62)/, [16, 17, 18, 19]],
  [/^35/, [16]],
  [/^3[068]/, [14]],
];
export function isCard(text: string): boolean {
  const digits = onlyDigits(text);
  return ISSUERS.some(([start, lengths]) => start.test(digits) && lengths.includes(digits.length)) && luhn(digits);
}

/** ISO 13616: length by country. */
const IBAN_LENGTHS: Record<string, number> = {
  AD: 24, AE: 23, AT: 20, BE: 16, BG: 22, BR: 29, CH: 21, CY: 28, CZ: 24, DE: 22, DK: 18, EE: 20, ES: 24, FI: 18, FR: 27,
  GB: 22, GR: 27, HR: 21, HU: 28, IE: 22, IL: 23, IS: 26, IT: 27, LI: 21, LT: 20, LU: 20, LV: 21, MC: 27, MT: 31, NL: 18,
  NO: 15, PL: 28, PT: 25, RO: 24, RS: 22, SA: 24, SE: 24, SI: 19, SK: 24, SM: 27, TR: 26, UA: 29,
}; // prettier-ignore

/** ISO 7064 mod 97-10 over the number with its head moved to the end. What follows the IBAN in the match does not matter. */
export function isIban(text: string): boolean {
  const all = text.replaceAll(" ", "").toUpperCase();
  const length = IBAN_LENGTHS[all.slice(0, 2)];
  if (length === undefined || all.length < length) return false;
  const moved = all.slice(4, length) + all.slice(0, 4);
  let rest = 0;
  for (const character of moved) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** US social security number: areas 000, 666 and from 900, group 00 and serial 0000 are never given out. */
export function isSsn(text: string): boolean {
  const [area = "", group, serial] = text.split("-");
  return area !== "000" && area !== "666" && area < "900" && group !== "00" && serial !== "0000";
}

/** Spanish DNI and NIE: the letter is the number modulo 23. */
export function isDni(text: string): boolean {
  const plain = text.replaceAll("-", "");
  const number = Number(plain.slice(0, -1).replace("X", "0").replace("Y", "1").replace("Z", "2"));
  return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] === plain.at(-1);
}

/** French NIR: the last two digits are 97 minus the rest modulo 97. */
export function isNir(text: string): boolean {
  const digits = onlyDigits(text);
  return 97n - (BigInt(digits.slice(0, 13)) % 97n) === BigInt(digits.slice(13));
}

/** Brazilian CPF: two check digits, each the weighted sum modulo 11. */
export function isCpf(text: string): boolean {
  const digits = [...onlyDigits(text)].map(Number);
  if (digits.every((digit) => digit === digits[0])) return false;
  const check = (length: number): number => {
    const sum = digits.slice(0, length).reduce((total, digit, place) => total + digit * (length + 1 - place), 0);
    return ((sum * 10) % 11) % 10;
  };
  return check(9) === digits[9] && check(10) === digits[10];
}

/** Swiss AHV: an EAN-13. */
export function isSwissAhv(text: string): boolean {
  const sum = [...onlyDigits(text)].reduce((total, digit, place) => total + Number(digit) * (place % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

/** Italian codice fiscale: the last letter by the values of odd and even places. */
export function isCodiceFiscale(text: string): boolean {
  const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
  const indexOf = (character: string): number => (character >= "A" ? character.charCodeAt(0) - 65 : Number(character));
  const sum = Array.from(text)
    .slice(0, 15)
    .reduce((total, character, place) => total + (place % 2 === 0 ? (odd[indexOf(character)] ?? 0) : indexOf(character)), 0);
  return String.fromCharCode(65 + (sum % 26)) === text.at(-1);
}

/** Swedish personnummer: a date and Luhn over the last ten digits. */
export function isPersonnummer(text: string): boolean {
  const digits = onlyDigits(text).slice(-10);
  const month = Number(digits.slice(2, 4));
  const day = Number(digits.slice(4, 6));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && luhn(digits);
}
