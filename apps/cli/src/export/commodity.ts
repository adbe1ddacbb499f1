// Both tools know a commodity by capital letters alone. hledger wants quotes round a digit, which beancount refuses.

const DIGITS = 'ABCDEFGHIJ';
/** Words that beancount reads as values. */
const taken = new Set(['TRUE', 'FALSE', 'NULL']);
const MARK = '_X';

/** What an asset is called in plain-text accounting: itself, where it has no digit. `POINTS2` is `POINTS_C`. */
export function commodityOf(asset: string): string {
  return taken.has(asset) ? asset + MARK : asset.replace(/\d/g, (digit) => `_${DIGITS.charAt(Number(digit))}`);
}

/** The asset that has this name. */
export function assetOf(commodity: string): string {
  return commodity.endsWith(MARK)
    ? commodity.slice(0, -MARK.length)
    : commodity.replace(/_([A-J])/g, (_, letter: string) => String(DIGITS.indexOf(letter)));
}
