import { holdsCardNumber } from './card-number.js';

// Numbers that the networks publish for testing.
describe('a card number is seen', () => {
  it.each([
    '4111111111111111',
    '4222222222222',
    '5555555555554444',
    '2223003122003222',
    '378282246310005',
    '6011111111111117',
    '30569309025904',
    '3530111333300000',
    '6200000000000005',
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '4111\u00a01111\u00a01111\u00a01111',
    'paid with 4111 1111 1111 1111.',
    'cards:4111111111111111:wallet',
    'card-4111-1111-1111-1111',
    '2026-11-21 4111 1111 1111 1111',
    '٤١١١ ١١١١ ١١١١ ١١١١',
    '４１１１１１１１１１１１１１１１',
  ])('in %p', (text) => expect(holdsCardNumber(text)).toBe(true));
});

describe('an innocent number passes', () => {
  it.each([
    '',
    'order 17',
    '4111111111111112',
    '9111111111111111',
    '411111111111111',
    '04111111111111111',
    'n4111111111111111',
    'no_4111111111111111',
    '4111111111111111a',
    '4111  1111  1111  1111',
    '4111.1111.1111.1111',
    '1767603600000',
    'f47ac10b-58cc-4372-a567-0e02b2c3d479',
    // A UUID whose first three groups would make a Visa number.
    '41111111-1111-4111-8111-111111111111',
    '41111111-1111-1111-a567-0e02b2c3d479',
    '0'.repeat(2_000),
  ])('in %p', (text) => expect(holdsCardNumber(text)).toBe(false));
});
