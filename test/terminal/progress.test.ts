import { describe, expect, it } from 'vitest';
import { plainStyle } from '../../src/terminal/style.ts';
import { checkedText, progressOn } from '../../src/terminal/progress.ts';

describe('a progress line', () => {
  const on = (columns: number | undefined, quiet = false) => {
    const written: string[] = [];
    let time = 0;
    const progress = progressOn({
      err: (text) => void written.push(text),
      now: () => time,
      errStyle: { ...plainStyle, columns },
      quiet,
    });
    return { written, progress, wait: (ms: number) => (time += ms) };
  };

  it('replaces the one before, at most ten times a second', () => {
    const { written, progress, wait } = on(80);
    progress.show(checkedText(200, 20_000));
    wait(99);
    progress.show('too early');
    wait(1);
    progress.show(checkedText(1200));
    expect(written).toEqual(['\r\u001B[Kchecked 200 of 20,000 objects', '\r\u001B[Kchecked 1,200 objects']);
  });
  it('is erased once, and only if it was shown', () => {
    const { written, progress } = on(80);
    progress.clear();
    expect(written).toEqual([]);
    progress.show('x');
    progress.clear();
    progress.clear();
    expect(written).toEqual(['\r\u001B[Kx', '\r\u001B[K']);
  });
  it('is shorter than the terminal is wide, so that it can be erased', () => {
    const { written, progress } = on(5);
    progress.show('checked');
    expect(written).toEqual(['\r\u001B[Kchec']);
  });
  it.each([
    ['without a terminal', undefined, false],
    ['with --quiet', 80, true],
  ])('is not written %s', (_when, columns, quiet) => {
    const { written, progress } = on(columns, quiet);
    progress.show('x');
    progress.clear();
    expect(written).toEqual([]);
  });
});
