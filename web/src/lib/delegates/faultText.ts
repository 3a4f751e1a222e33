/** What is wrong with a list, in words. */
import { m } from '$lib/paraglide/messages';
import { type Fault, MAX_DELEGATES, MAX_FIELD_CHARS } from './list';

/** A fault in words; rows are counted from 1, as the table does. */
export function faultText(fault: Fault): string {
  switch (fault.name) {
    case 'no_name':
      return m.delegates_fault_no_name({ row: fault.row + 1 });
    case 'too_long':
      return m.delegates_fault_too_long({ row: fault.row + 1, max: MAX_FIELD_CHARS });
    case 'twice':
      return m.delegates_fault_twice({ row: fault.row + 1, as: fault.as + 1 });
    case 'too_many':
      return m.delegates_fault_too_many({ count: fault.count, max: MAX_DELEGATES });
  }
}
