import { runPlatform, testBus } from '@mizan/testing';
import { describeImportUnderKills } from './import-under-kills.js';

describeImportUnderKills('the writer', async () => {
  const platform = await runPlatform({ empty: true, restart: true, environment: { BUS: testBus() } });
  const kill = async (): Promise<void> => {
    const victim = await platform.pidOf('transfers');
    await platform.kill('transfers');
    await platform.ready('transfers');
    expect(await platform.pidOf('transfers')).not.toBe(victim);
  };
  return {
    platform,
    kills: [
      { at: 8_000, kill },
      { at: 25_000, kill },
    ],
    stop: () => platform.stop(),
  };
});
