/** An asset's code: a currency (`USD`), a coin (`BTC`), or a unit of one's own (`POINTS`). */
export const assetCodePattern = /^[A-Z][A-Z0-9]{0,15}$/;

export const isAssetCode = (value: unknown): value is string => typeof value === 'string' && assetCodePattern.test(value);

export const MAX_EXPONENT = 18;

/** Decimal places of an asset: 0 .. 18. */
export const isExponent = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_EXPONENT;
