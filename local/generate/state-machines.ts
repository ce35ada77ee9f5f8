import { Document, isScalar, isSeq, visit } from 'yaml';
import { loadStateMachine, type StateMachineName } from '../../state-machines/load.ts';

/** The file of a state machine as its definition is now: Amazon States Language in YAML, without anchors. */
export function stateMachineText(name: StateMachineName): string {
  const document = new Document(loadStateMachine(name), { aliasDuplicateObjects: false });
  document.commentBefore = ` Written by \`npm run state-machines\` from ${name}.ts; change that.`;
  visit(document, {
    Pair: (_, { key, value }) => {
      const isErrorList = isScalar(key) && key.value === 'ErrorEquals';
      if (isErrorList && isSeq(value)) value.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
