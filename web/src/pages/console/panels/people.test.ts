import { operatorLive } from '$lib/state/samples';
import { describe, expect, it } from 'vitest';
import { leaseChange, peopleOf, unattended } from './people';

const OPERATORS = [
  operatorLive('lan'),
  operatorLive('Đức'),
  operatorLive('chủ tọa', { role: 'chair', pages: ['chair'] }),
  operatorLive('minh', { role: 'lead' }),
];
const facts = { operators: OPERATORS, me: 'lan', lease: 'minh', delegations: {} };

describe('the people at the centre', () => {
  it('are in the order of their roles and names, whoever is in control', () => {
    const names = (lease: string) => peopleOf({ ...facts, lease }).map((person) => person.name);
    expect(names('minh')).toEqual(['minh', 'Đức', 'lan', 'chủ tọa']);
    expect(names('lan')).toEqual(names('minh'));
  });

  it('can be given control if they are here and it is not theirs already', () => {
    const [minh, duc, , chair] = peopleOf(facts);
    expect(minh).toMatchObject({ inControl: true, mayControl: false });
    expect(duc).toMatchObject({ inControl: false, mayControl: true, me: false });
    expect(chair!.mayControl).toBe(false);
    expect(peopleOf(facts).find((person) => person.me)?.name).toBe('lan');
  });

  it('are shown though missing when the lease or a region is theirs', () => {
    const people = peopleOf({ ...facts, lease: 'hoa', delegations: { tâm: ['Tây Bắc'], lan: ['Nam Bộ'], cũ: [] } });
    expect(people.map(({ name, live }) => [name, live !== null])).toEqual([
      ['minh', true],
      ['Đức', true],
      ['lan', true],
      ['chủ tọa', true],
      ['hoa', false],
      ['tâm', false],
    ]);
    expect(people.at(-2)).toMatchObject({ inControl: true, mayControl: false });
    expect(people.find((person) => person.name === 'lan')?.regions).toEqual(['Nam Bộ']);
  });

  it('leave regions that nobody looks after', () => {
    expect(unattended(['A', 'B', 'C'], { lan: ['B'], tâm: ['C', 'X'] })).toEqual(['A']);
  });
});

describe('a change of control', () => {
  it('is told when it happens, with who had it before', () => {
    expect(leaseChange('minh', 'lan')).toEqual({ to: 'lan', from: 'minh' });
    expect(leaseChange(null, 'lan')).toEqual({ to: 'lan', from: null });
  });

  it('is none on arrival, without a change, or when control is merely lost', () => {
    expect(leaseChange(undefined, 'lan')).toBeNull();
    expect(leaseChange('lan', 'lan')).toBeNull();
    expect(leaseChange('lan', null)).toBeNull();
  });
});
