/** The variable with the file of the policy, in JSON and checked. */
export const POLICY_VARIABLE = 'POLICY_FILE';
