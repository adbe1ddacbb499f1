import { readOptions } from './options.js';

const none = { help: false, minutes: null, schedules: null, seed: null };

it.each<[args: string, read: object]>([
  ['', none],
  ['--help', { ...none, help: true }],
  ['-h', { ...none, help: true }],
  ['--seed 0', { ...none, seed: 0 }],
  ['--seed 131 --schedules 1', { ...none, seed: 131, schedules: 1 }],
  ['--minutes 0.5', { ...none, minutes: 0.5 }],
])('takes “%s”', (args, read) => {
  expect(readOptions(args.split(' ').filter((word) => word !== ''))).toEqual(read);
});

it.each<[args: string, complaint: string]>([
  ['--seed 1.5', '--seed 1.5 is not a whole number from 0 on.'],
  ['--seed=-1', '--seed -1 is not a whole number from 0 on.'],
  ['--seed 1e3', '--seed 1e3 is not a whole number from 0 on.'],
  ['--seed 9007199254740993', '--seed 9007199254740993 is not a whole number from 0 on.'],
  ['--seed=', '--seed  is not a whole number from 0 on.'],
  ['--schedules 0', '--schedules 0 is not a whole number from 1 on.'],
  ['--minutes 0', '--minutes 0 is not a number above 0, such as 10 or 0.5.'],
  ['--minutes Infinity', '--minutes Infinity is not a number above 0, such as 10 or 0.5.'],
  ['--minutes 1 --schedules 2', '--minutes and --schedules both say when to stop. Give one of them.'],
  ['--seeds 3', "Unknown option '--seeds'"],
  ['3', 'Unexpected argument'],
])('refuses “%s”', (args, complaint) => {
  expect(() => readOptions(args.split(' '))).toThrow(complaint);
});
