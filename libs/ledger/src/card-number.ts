/** The prefixes (inclusive ranges of equal length) and lengths under which the networks issue card numbers. */
const networks: readonly (readonly [from: string, to: string, lengths: readonly number[]])[] = [
  ['4', '4', [13, 16, 19]], // Visa
  ['51', '55', [16]], // Mastercard
  ['2221', '2720', [16]],
  ['34', '34', [15]], // American Express
  ['37', '37', [15]],
  ['6011', '6011', [16, 17, 18, 19]], // Discover
  ['644', '649', [16, 17, 18, 19]],
  ['65', '65', [16, 17, 18, 19]],
  ['300', '305', [14, 16, 17, 18, 19]], // Diners Club
  ['3095', '3095', [14, 16, 17, 18, 19]],
  ['36', '36', [14, 15, 16, 17, 18, 19]],
  ['38', '39', [14, 16, 17, 18, 19]],
  ['3528', '3589', [16, 17, 18, 19]], // JCB
  ['62', '62', [16, 17, 18, 19]], // UnionPay
  ['2200', '2204', [16, 17, 18, 19]], // Mir
  ['5018', '5018', [12, 13, 14, 15, 16, 17, 18, 19]], // Maestro
  ['5020', '5020', [12, 13, 14, 15, 16, 17, 18, 19]],
  ['5038', '5038', [12, 13, 14, 15, 16, 17, 18, 19]],
  ['5893', '5893', [12, 13, 14, 15, 16, 17, 18, 19]],
  ['6304', '6304', [12, 13, 14, 15, 16, 17, 18, 19]],
  ['6759', '6763', [12, 13, 14, 15, 16, 17, 18, 19]],
];

const LONGEST = 19;

/** Digits in one piece, or in groups with one space or dash between them; a letter or underscore at either end joins them to a word. */
const digitRuns = /(?<![\p{L}\p{N}_])\d+(?:[\p{Zs}\p{Pd}]\d+)*(?![\p{L}\p{N}_])/gu;
const enoughDigits = /\d(?:[\p{Zs}\p{Pd}]?\d){11}/u;
const otherDigits = /[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/**
 * Whether a text or id holds what a card network would take for a card number: its prefix, its length, and the
 * Luhn check. It begins and ends where a group of digits does, so a letter or more digits joined to it make an
 * innocent number pass. UUIDs are innocent.
 */
export function holdsCardNumber(text: string): boolean {
  const plain = text.replace(otherDigits, (digit) => String(digit.charCodeAt(0) & 0xf));
  if (!enoughDigits.test(plain)) return false;
  return (plain.replace(uuid, 'uuid').match(digitRuns) ?? []).some((run) => {
    const groups = run.split(/[^\d]/);
    return groups.some((_, first) => startsCardNumber(groups, first));
  });
}

/** Whether some whole groups from this one on make a card number together. */
function startsCardNumber(groups: readonly string[], first: number): boolean {
  let digits = '';
  for (let next = first; next < groups.length && digits.length < LONGEST; next++) {
    digits += groups[next];
    if (isCardNumber(digits)) return true;
  }
  return false;
}

function isCardNumber(digits: string): boolean {
  const issued = networks.some(([from, to, lengths]) => {
    const prefix = digits.slice(0, from.length);
    return prefix >= from && prefix <= to && lengths.includes(digits.length);
  });
  return issued && luhn(digits) % 10 === 0;
}

/** From the right, every second digit counts double, its own digits added. */
function luhn(digits: string): number {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum;
}
