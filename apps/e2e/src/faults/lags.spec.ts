import { type Lags, behind, lagTable, lagsIn } from './lags.js';

const metrics = (name: string, value: string): string => `# HELP ${name} Age.\n# TYPE ${name} gauge\n${name}{service="one"} ${value}\n`;
const sample = (books: number | null, relay: number | null): Lags => ({ 'read models': books, relay });

describe('how far the services say they are behind', () => {
  it('is read from their metrics: the most that any says', () => {
    const relay = metrics('mizan_relay_lag_seconds', '0.25');
    expect(lagsIn([metrics('mizan_projection_lag_seconds', '1.5'), relay, metrics('mizan_relay_lag_seconds', '7')])).toEqual(
      sample(1.5, 7),
    );
    expect(lagsIn([relay.replaceAll('relay', 'other')])).toEqual(sample(null, null));
  });

  it('must have come back to 0 in the end, and be told', () => {
    expect(behind([sample(3, 2), sample(0, 0)], 'kafka')).toEqual([]);
    expect(behind([sample(0, 0), sample(0.04, 12)], 'kafka')).toEqual([
      'read models: still 0.04 s behind while nobody posts',
      'relay: still 12.00 s behind while nobody posts',
    ]);
    expect(behind([sample(0, null)], 'kafka')).toEqual(['relay: no service tells its lag']);
    expect(behind([sample(0, null)], 'feed')).toEqual([]);
    expect(behind([], 'feed')).toEqual(['read models: no service tells its lag']);
  });

  it('is shown', () => {
    expect(
      lagTable([sample(0, null), sample(2, null), sample(1, null)], 'kafka')
        .split('\n')
        .slice(2),
    ).toEqual(['| read models | 1.00 s | 2.00 s |     1.00 s |', '| relay       |   none |   none |       none |']);
  });
});
