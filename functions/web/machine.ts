/** What the picture of a state machine is drawn from. */
export type Machine = { start: string; states: Record<string, MachineState> };

export type MachineState = {
  type: string;
  /** Where it leads when all goes well: its next state, or the targets of its choices. */
  next: string[];
  comment?: string;
  /** What a Map runs for each item, or a Parallel beside each other. */
  inner?: Machine[];
};

type Asl = { StartAt: string; States: Record<string, object> };

/**
 * The picture's part of a definition in Amazon States Language:
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
 */
export function machineOf({ StartAt, States }: Asl): Machine {
  const states = Object.entries(States).map(([name, state]) => [name, stateOf(state as AslState)]);
  return { start: StartAt, states: Object.fromEntries(states) };
}

type AslState = {
  Type: string;
  Next?: string;
  Default?: string;
  Comment?: string;
  Choices?: { Next: string }[];
  ItemProcessor?: Asl;
  Branches?: Asl[];
};

function stateOf({
  Type,
  Next,
  Default,
  Comment,
  Choices = [],
  ItemProcessor,
  Branches = [],
}: AslState): MachineState {
  const targets = [...Choices.map((choice) => choice.Next), Default, Next];
  const inner = [...(ItemProcessor === undefined ? [] : [ItemProcessor]), ...Branches].map(machineOf);
  return {
    type: Type,
    next: [...new Set(targets.filter((target) => target !== undefined))],
    ...(Comment === undefined ? {} : { comment: Comment }),
    ...(inner.length === 0 ? {} : { inner }),
  };
}
