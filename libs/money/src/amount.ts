/** The largest amount, and the largest total of one side of an account: 2^128 - 1 minor units. */
export const MAX_AMOUNT = 2n ** 128n - 1n;
