/** What JSON can hold. An amount of money is written as a string of minor units. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
