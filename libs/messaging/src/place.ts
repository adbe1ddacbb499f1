/** Where a message lies. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** `mizan.journal/2@1374`, as a reader that halts names a message. */
export const inWords = ({ topic, partition, offset }: Place): string => `${topic}/${partition}@${offset}`;

/** @returns null for anything that `inWords` does not say. */
export function placeOf(text: string): Place | null {
  const [, topic, partition, offset] = /^([A-Za-z0-9._-]{1,249})\/(\d{1,6})@(\d{1,18})$/.exec(text) ?? [];
  return topic === undefined ? null : { topic, partition: Number(partition), offset: offset! };
}

/** Why a message is nothing that the journal has said. The start of the platform knows these words. */
export const foreignWords = (place: Place, why: string): string => `the message ${inWords(place)} is none of the journal's: ${why}`;
