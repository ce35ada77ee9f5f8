// asl-validator ships its sources in TypeScript and no declarations.
declare module 'asl-validator' {
  type Result = { isValid: boolean; errorsText: (separator?: string) => string };
  export default function validate(
    definition: unknown,
    options?: { checkPaths?: boolean; checkArn?: boolean },
  ): Result;
}
