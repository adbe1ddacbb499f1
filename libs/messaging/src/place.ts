/** Where a message lies. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** `mizan.journal/2@1374`, as a reader that halts names a message. */
export const inWords = ({ topic, partition, offset }: Place): string => `${topic}/${partition}@${offset}`;
