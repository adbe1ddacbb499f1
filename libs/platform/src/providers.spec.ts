import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { made, provided, token } from './providers.js';

class Rate {
  constructor(readonly percent: number) {}
}
class Fee {
  constructor(
    readonly rate: Rate,
    readonly account: string,
  ) {}
}
@Module({})
class Fees {}

const ACCOUNT = token<string>('the account of fees');

it('makes a class with what its constructor asks for, in that order', async () => {
  const providers = [provided(Rate, [], () => new Rate(3)), provided(ACCOUNT, [], async () => 'fees'), made(Fee, Rate, ACCOUNT)];
  const built = await NestFactory.createApplicationContext({ module: Fees, providers }, { logger: false });
  expect(built.get(Fee)).toEqual(new Fee(new Rate(3), 'fees'));
  await built.close();
});

it('is refused by the compiler in another order, with one missing, and where a function makes something else', () => {
  const refused = [
    // @ts-expect-error another order
    made(Fee, ACCOUNT, Rate),
    // @ts-expect-error one is missing
    made(Fee, Rate),
    // @ts-expect-error a number is no rate
    provided(Rate, [], () => 3),
    // @ts-expect-error the token names a text
    provided(Rate, [ACCOUNT], (percent: number) => new Rate(percent)),
  ];
  // The check of the tests' types fails where one of these lines is accepted.
  expect(refused).toHaveLength(4);
});
