import type { CommandOutcome } from '$lib/link/machine';
import type { Command } from '$lib/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandLine, REFUSAL_SHOWN_MS } from './commandLine.svelte';
import type { Connection } from './connection.svelte';

const ACCEPTED = { accepted: true, revision: 1 } as unknown as CommandOutcome;
const REFUSED: CommandOutcome = { accepted: false, reason: { code: 'busy' } };
const TAKE: Command = { type: 'take', preview: 1 };

/** A line on which the test answers each command when it likes. */
function heldLine() {
  const answers: ((outcome: CommandOutcome) => void)[] = [];
  const command = () => new Promise<CommandOutcome>((done) => answers.push(done));
  const line = new CommandLine({ ready: true, command } as unknown as Connection);
  const give = (label: string) => {
    const told = line.run(label, label, TAKE);
    const answer = answers.at(-1)!;
    return (outcome: CommandOutcome) => {
      answer(outcome);
      return told;
    };
  };
  const said = () => line.last && `${line.last.label} ${line.last.outcome}`;
  return { line, give, said };
}

describe('the last command', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('waits, and is accepted or refused', async () => {
    const { give, said } = heldLine();
    const answer = give('first');
    expect(said()).toBe('first pending');
    await answer(ACCEPTED);
    expect(said()).toBe('first accepted');
    await give('second')(REFUSED);
    expect(said()).toBe('second refused');
  });

  it('that still waits is not replaced by the acceptance of an older one', async () => {
    const { give, said } = heldLine();
    const older = give('older');
    const newer = give('newer');
    await older(ACCEPTED);
    expect(said()).toBe('newer pending');
    await newer(ACCEPTED);
    expect(said()).toBe('newer accepted');
  });

  it('is a refusal whenever there is one, also of an older command, until it has been read', async () => {
    const { line, give, said } = heldLine();
    const older = give('older');
    const newer = give('newer');
    await older(REFUSED);
    expect(said()).toBe('older refused');
    await newer(ACCEPTED);
    expect(said()).toBe('older refused');
    vi.advanceTimersByTime(REFUSAL_SHOWN_MS);
    expect(line.last).toBeNull();
  });

  it('that was not even sent is not covered by what was accepted meanwhile', async () => {
    const { line, give, said } = heldLine();
    const older = give('older');
    line.refuse('take', 'no preview');
    await older(ACCEPTED);
    expect(said()).toBe('take refused');
  });
});
