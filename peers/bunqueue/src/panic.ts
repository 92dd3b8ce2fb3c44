import { Workflow } from 'bunqueue/workflow';
import { book, cancel, run, story } from './trip';

// Three attempts are the default; an exception is an error like any other.
const retry = story === 'once' ? { retry: 1 } : {};
const trip = new Workflow('trip')
  .step('flight', async () => book('flight'), { compensate: () => cancel('flight') })
  .step('hotel', async () => {
    book('hotel');
    throw new TypeError('what is this answer?');
  }, { ...retry, compensate: () => cancel('hotel') });
await run(trip, 20_000);
