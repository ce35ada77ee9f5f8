import { writeFileSync } from 'node:fs';
import { STATE_MACHINES } from '../../state-machines/load.ts';
import { stateMachineText } from './state-machines.ts';

// npm run state-machines: writes the state machines as they are deployed, each beside the file it is made from.
for (const name of STATE_MACHINES) {
  writeFileSync(new URL(`../../state-machines/${name}.asl.yaml`, import.meta.url), stateMachineText(name));
}
